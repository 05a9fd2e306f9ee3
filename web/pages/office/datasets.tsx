import type { VNode } from 'preact'
import { Icon } from '../../components/icon.tsx'
import { Pagination } from '../../components/pagination.tsx'
import { StatusTags } from '../../components/status-tag.tsx'
import { ApiError, withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, Redirect } from '../../kit/page.ts'
import { type Dataset, management, officePath, titleOf } from '../../office/types.ts'

const rows = 25
const filters = ['', 'published', 'unpublished', 'working', 'held', 'error'] as const
const sorts = ['-last_modified', '-created_at', 'dataset_id', 'status'] as const

export const officeHome = definePage({
  path: '/backoffice',
  area: 'office',
  layout: 'office',
  load: async () => {
    throw new Redirect('/backoffice/datasets')
  },
  head: () => ({ title: '' }),
  View: () => null,
})

/** All datasets, published or not: found, filtered, paged. */
export const datasets = definePage({
  path: '/backoffice/datasets',
  area: 'office',
  layout: 'office',
  load: async ({ api, url }) => {
    const q = url.searchParams.get('q') ?? ''
    const status = filters.find((name) => name === url.searchParams.get('status')) ?? ''
    const sort = sorts.find((name) => name === url.searchParams.get('sort')) ?? sorts[0]
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const query = { rows, page, sort, q, status, expand: ['status', 'publication'] }
    const answer = await api.call('GET', `${management}/datasets`, { query })
    if (answer.status >= 400) throw new ApiError(answer.status, JSON.parse(answer.text))
    const count = Number(answer.headers['x-total-count'] ?? 0)
    const found: readonly Dataset[] = JSON.parse(answer.text)
    return { found, count, q, status, sort, page }
  },
  head: (_data, { t }) => ({ title: t('office.datasets'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { found, count, q, status, sort, page } = data
    const mayCreate = context.session?.permissions.includes('create_dataset')
    const hrefOf = (to: number) => withQuery('/backoffice/datasets', { q, status, sort, page: to })
    return (
      <>
        <div class="row title-row">
          <h1 class="grow">{t('office.datasets')}</h1>
          {mayCreate && (
            <a class="button" href="/backoffice/new">
              <Icon name="plus" />
              {t('datasets.new')}
            </a>
          )}
        </div>
        <search>
          <form class="row filter-row" action="/backoffice/datasets" data-live="found">
            <label class="visually-hidden" for="q">
              {t('action.search')}
            </label>
            <input
              id="q"
              name="q"
              type="search"
              class="grow"
              placeholder={t('datasets.search')}
              defaultValue={q}
              autoComplete="off"
            />
            <label class="visually-hidden" for="status">
              {t('datasets.filter')}
            </label>
            <select id="status" name="status">
              {filters.map((name) => (
                <option key={name} value={name} selected={name === status}>
                  {t(`datasets.filter.${name || 'all'}` as MessageKey)}
                </option>
              ))}
            </select>
            <label class="visually-hidden" for="sort">
              {t('datasets.sort')}
            </label>
            <select id="sort" name="sort">
              {sorts.map((name) => (
                <option key={name} value={name} selected={name === sort}>
                  {t(`datasets.sort.${name.replace('-', '')}` as MessageKey)}
                </option>
              ))}
            </select>
            <button class="button secondary" type="submit">
              {t('action.search')}
            </button>
          </form>
        </search>
        <div id="found">
          <p class="muted small" role="status">
            {t('datasets.count', { count })}
          </p>
          {found.length === 0 ? <Nothing isFiltered={q !== '' || status !== ''} /> : <Found found={found} />}
          <Pagination page={page} pages={Math.ceil(count / rows)} hrefOf={hrefOf} />
        </div>
      </>
    )
  },
})

function Nothing({ isFiltered }: { readonly isFiltered: boolean }): VNode {
  const { t } = useEnv()
  return (
    <div class="card empty">
      <p>{t(isFiltered ? 'datasets.none_found' : 'datasets.none')}</p>
      {!isFiltered && (
        <a class="button" href="/backoffice/new">
          {t('datasets.new')}
        </a>
      )}
    </div>
  )
}

function Found({ found }: { readonly found: readonly Dataset[] }): VNode {
  const { t, format } = useEnv()
  return (
    <div class="card flush">
      <table class="list cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('datasets.dataset')}</th>
            <th scope="col">{t('datasets.status')}</th>
            <th scope="col" class="number">
              {t('datasets.records')}
            </th>
            <th scope="col">{t('datasets.changed')}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((dataset) => (
            <tr key={dataset.dataset_uid}>
              <td>
                <a class="strong" href={officePath(dataset.dataset_uid)}>
                  {titleOf(dataset)}
                </a>
                <div class="muted small">{dataset.dataset_id}</div>
              </td>
              <td>
                <StatusTags status={dataset.status} />
              </td>
              <td class="number" data-label={t('datasets.records')}>
                {dataset.publication ? format.number(dataset.publication.records_count) : '–'}
              </td>
              <td data-label={t('datasets.changed')}>
                <time dateTime={dataset.last_modified}>{format.dateTime(dataset.last_modified)}</time>
                {dataset.publication?.edited_since && (
                  <div class="small warn-text">{t('datasets.edited_since')}</div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
