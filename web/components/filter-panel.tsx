import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey, Translate } from '../kit/i18n.ts'
import {
  type Dataset,
  type Facet,
  type Field,
  isDate,
  isNumber,
  isText,
  pagePath,
  type View,
} from '../portal/dataset.ts'
import { countFilters, type Filters, toggled, without, writeFilters } from '../portal/filters.ts'
import { FacetList } from './facet-list.tsx'
import { Icon } from './icon.tsx'

export interface FilterPanelProps {
  readonly dataset: Dataset
  readonly filters: Filters
  readonly facets: readonly Facet[]
  readonly view: View
  /** Parameters of the view itself, which stay when filters change. */
  readonly keep: URLSearchParams
}

/** The address of a view with these filters. */
export function viewHref(id: string, view: View, filters: Filters, keep?: URLSearchParams): string {
  const params = writeFilters(filters)
  for (const [name, value] of keep ?? []) params.append(name, value)
  const text = params.toString()
  return text === '' ? pagePath(id, view) : `${pagePath(id, view)}?${text}`
}

/** Everything that narrows a dataset's records; the same beside every view. Forms and links: works without JavaScript. */
export function FilterPanel(props: FilterPanelProps): VNode {
  const { t } = useEnv()
  const { dataset, filters, facets, view, keep } = props
  const href = (next: Filters) => viewHref(dataset.dataset_id, view, next, keep)
  const dates = dataset.fields.filter(isDate).slice(0, 2)
  return (
    <aside class="filters" aria-label={t('filters')}>
      <details class="filters-fold" open>
        <summary class="button secondary">
          <Icon name="filter" />
          {t('filters')}
          {countFilters(filters) > 0 && <span class="tag accent">{countFilters(filters)}</span>}
        </summary>
        <FilterForm {...props} leaves={['q']} class="filter-search">
          <label class="visually-hidden" for="filter-q">
            {t('filters.words')}
          </label>
          <input id="filter-q" type="search" name="q" value={filters.q} placeholder={t('filters.words')} />
          <button class="button" type="submit" aria-label={t('action.search')}>
            <Icon name="search" />
          </button>
        </FilterForm>
        {dates.map((field) => (
          <DateRange key={field.name} {...props} field={field} />
        ))}
        {facets
          .filter(
            ({ name, facets: values }) => values.length > 0 && !dates.some((field) => field.name === name),
          )
          .map((facet, index) => {
            const field = dataset.fields.find(({ name }) => name === facet.name)
            return (
              <FacetList
                key={facet.name}
                facet={facet}
                label={field?.label || facet.name}
                isOpen={index < 3 || filters.refine.some((one) => one.field === facet.name)}
                hrefOf={({ value }) => href(toggled(filters, 'refine', facet.name, value))}
                nameOf={({ name }) => refinedText(t, field, name)}
              />
            )
          })}
        <ColumnFilter {...props} />
      </details>
    </aside>
  )
}

/** A value of a facet as cells print it. */
function refinedText(t: Translate, field: Field | undefined, value: string): string {
  if (field?.type !== 'boolean') return value
  return value === 'true' ? t('yes') : value === 'false' ? t('no') : value
}

/** A form that keeps all filters but those it sets itself (`leaves`). */
function FilterForm({
  dataset,
  filters,
  view,
  keep,
  leaves,
  class: className,
  children,
}: FilterPanelProps & {
  readonly leaves: readonly string[]
  readonly class: string
  readonly children: VNode | (VNode | false)[]
}): VNode {
  const kept = [...writeFilters(filters), ...keep].filter(([name]) => !leaves.includes(name))
  return (
    <form class={className} action={pagePath(dataset.dataset_id, view)}>
      {kept.map(([name, value]) => (
        <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  )
}

function DateRange({ field, ...props }: FilterPanelProps & { readonly field: Field }): VNode {
  const { t } = useEnv()
  const { name, label } = field
  const boundOf = (list: Filters['from']) => list.find((one) => one.field === name)?.value.slice(0, 10)
  const from = boundOf(props.filters.from)
  const to = boundOf(props.filters.to)
  return (
    <details class="facet" open>
      <summary>{label}</summary>
      <FilterForm {...props} leaves={[`from.${name}`, `to.${name}`]} class="filter-range">
        <label>
          <span>{t('filters.from')}</span>
          <input type="date" name={`from.${name}`} value={from} />
        </label>
        <label>
          <span>{t('filters.to')}</span>
          <input type="date" name={`to.${name}`} value={to} />
        </label>
        <button class="button secondary small" type="submit">
          {t('action.apply')}
          <span class="visually-hidden"> ({label})</span>
        </button>
      </FilterForm>
    </details>
  )
}

export const columnOperators = ['text', 'from', 'to'] as const

/** Any column: the form names field, operator and value apart; the page turns them into a filter (`readColumnFilter`). */
function ColumnFilter(props: FilterPanelProps): VNode {
  const { t } = useEnv()
  const fields = props.dataset.fields.filter((field) => isText(field) || isNumber(field) || isDate(field))
  return (
    <details class="facet">
      <summary>{t('filters.column')}</summary>
      <FilterForm {...props} leaves={[]} class="filter-column">
        <div class="field">
          <label for="add-field">{t('filters.field')}</label>
          <select id="add-field" name="add.field">
            {fields.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="add-operator">{t('filters.operator')}</label>
          <select id="add-operator" name="add.operator">
            {columnOperators.map((operator) => (
              <option key={operator} value={operator}>
                {t(`filters.operator.${operator}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="add-value">{t('filters.value')}</label>
          <input id="add-value" name="add.value" required />
        </div>
        <button class="button secondary small" type="submit">
          {t('filters.add')}
        </button>
      </FilterForm>
    </details>
  )
}

/** The filters that are on, each with a way to take it off. */
export function ActiveFilters({
  dataset,
  filters,
  view,
  keep,
}: Omit<FilterPanelProps, 'facets'>): VNode | null {
  const { t, format } = useEnv()
  if (countFilters(filters) === 0) return null
  const href = (next: Filters) => viewHref(dataset.dataset_id, view, next, keep)
  const fieldOf = (name: string) => dataset.fields.find((field) => field.name === name)
  const texts: Readonly<Record<'refine' | 'exclude' | 'text' | 'from' | 'to', MessageKey>> = {
    refine: 'filters.chip.refine',
    exclude: 'filters.chip.exclude',
    text: 'filters.chip.text',
    from: 'filters.chip.from',
    to: 'filters.chip.to',
  }
  const chips = [
    ...(filters.q ? [{ text: `“${filters.q}”`, next: { ...filters, q: '' } }] : []),
    ...(Object.keys(texts) as (keyof typeof texts)[]).flatMap((list) =>
      filters[list].map(({ field, value }) => ({
        text: t(texts[list], {
          field: fieldOf(field)?.label ?? field,
          value: /^\d{4}-\d\d-\d\d$/.test(value) ? format.date(value) : refinedText(t, fieldOf(field), value),
        }),
        next: toggled(filters, list, field, value),
      })),
    ),
    ...(filters.geo ? [{ text: t('filters.chip.geo'), next: { ...filters, geo: null } }] : []),
    ...(filters.where ? [{ text: filters.where, next: { ...filters, where: '' } }] : []),
  ]
  return (
    <ul class="plain row chosen" aria-label={t('filters.active')}>
      {chips.map(({ text, next }) => (
        <li key={text}>
          <a
            class="tag accent"
            href={href(next)}
            rel="nofollow"
            aria-label={t('filters.remove', { filter: text })}
          >
            {text}
            <Icon name="close" />
          </a>
        </li>
      ))}
      <li>
        <a href={href(without(filters))} rel="nofollow">
          {t('filters.clear')}
        </a>
      </li>
    </ul>
  )
}
