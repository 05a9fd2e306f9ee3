import type { VNode } from 'preact'
import { viewHref } from '../../../components/filter-panel.tsx'
import { Icon } from '../../../components/icon.tsx'
import { Pagination } from '../../../components/pagination.tsx'
import DataTable from '../../../islands/data-table.tsx'
import { useEnv } from '../../../kit/env.ts'
import { Island } from '../../../kit/island.tsx'
import { pagePath, titleOf } from '../../../portal/dataset.ts'
import { searchedIn, writeFilters } from '../../../portal/filters.ts'
import { type DatasetData, tablePageSize, tableQuery, type ViewProps } from '../../../portal/load-dataset.ts'

export function TableView({ data, shown, isEmbedded }: ViewProps<'table'>): VNode {
  const { t } = useEnv()
  const { dataset, filters, query, count } = data
  const { dataset_id: id } = dataset
  const fields =
    filters.columns === null
      ? dataset.fields
      : filters.columns.map((name) => dataset.fields.find((field) => field.name === name)!)
  const href = (next: typeof filters) => (isEmbedded ? embedHref : viewHref)(id, 'table', next)
  const sorts = fields.map(({ name }) => {
    const isSorted = filters.sort?.field === name
    const isDescending = isSorted && filters.sort.isDescending
    return {
      href: href({ ...filters, sort: isDescending ? null : { field: name, isDescending: isSorted } }),
      order: isSorted ? (isDescending ? ('descending' as const) : ('ascending' as const)) : ('none' as const),
    }
  })
  const pages = Math.ceil(count / tablePageSize)
  if (count === 0) return <p class="card empty">{t('table.nothing')}</p>
  return (
    <>
      <Island
        name="data-table"
        of={DataTable}
        props={{
          datasetId: id,
          title: titleOf(dataset),
          fields,
          query: { ...query, ...tableQuery(filters) },
          total: count,
          offset: (shown.page - 1) * tablePageSize,
          records: shown.records,
          sorts,
          words: fields.map((field) => searchedIn(field, filters)),
        }}
      />
      <div class="pages-without-js">
        <Pagination
          page={shown.page}
          pages={pages}
          hrefOf={(page) => {
            const address = href(filters)
            return `${address}${address.includes('?') ? '&' : '?'}page=${page}`
          }}
        />
      </div>
    </>
  )
}

const embedHref: typeof viewHref = (id, view, filters, keep) =>
  viewHref(id, view, filters, keep).replace('/explore/', '/explore/embed/')

/** Which columns are there. A form: the choice is in the address. */
export function Columns({ data }: { readonly data: DatasetData }): VNode {
  const { t } = useEnv()
  const { dataset, filters } = data
  const shown = new Set(filters.columns ?? dataset.fields.map(({ name }) => name))
  const kept = [...writeFilters({ ...filters, columns: null })]
  return (
    <details class="columns no-print">
      <summary class="button secondary small">
        <Icon name="columns" />
        {t('table.columns')}
      </summary>
      <form class="card columns-form" action={pagePath(dataset.dataset_id, 'table')}>
        {kept.map(([name, value]) => (
          <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
        ))}
        <fieldset>
          <legend class="visually-hidden">{t('table.columns')}</legend>
          {dataset.fields.map(({ name, label }) => (
            <label key={name} class="row">
              <input type="checkbox" name="col" value={name} checked={shown.has(name)} />
              {label}
            </label>
          ))}
        </fieldset>
        <button class="button small" type="submit">
          {t('action.apply')}
        </button>
      </form>
    </details>
  )
}
