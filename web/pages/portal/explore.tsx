import type { VNode } from 'preact'
import { DatasetCard } from '../../components/dataset-card.tsx'
import { FacetList } from '../../components/facet-list.tsx'
import { Icon } from '../../components/icon.tsx'
import { Pagination } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { textOfHtml } from '../../kit/html.ts'
import { valueLabel } from '../../kit/labels.ts'
import { definePage } from '../../kit/page.ts'
import {
  type CatalogQuery,
  catalogFacets,
  catalogHref,
  catalogPageSize,
  catalogParameters,
  catalogSorts,
  readCatalogQuery,
  searchCatalog,
  toggledFacet,
} from '../../portal/catalog.ts'
import { catalogPath, type DatasetPage, type Facet, meta } from '../../portal/dataset.ts'
import { feedLinks } from './home.tsx'

interface ExploreData {
  readonly query: CatalogQuery
  readonly page: DatasetPage
  readonly facets: readonly Facet[]
}

/** `/explore`: the catalog. The form sends itself while somebody types (kit/live.ts); without JavaScript on Enter. */
export const explore = definePage<ExploreData>({
  path: '/explore',
  area: 'portal',
  layout: 'portal',
  async load({ api, url }) {
    const query = readCatalogQuery(url.searchParams)
    return { query, ...(await searchCatalog(api, query)) }
  },
  head: ({ query }, { t }) => ({
    title: query.q ? t('catalog.title_search', { words: query.q }) : t('nav.explore'),
    description: t('home.lead'),
    canonical: catalogHref({ ...query, sort: 'relevance' }),
    robots: query.q || query.refine.length > 1 ? 'noindex' : undefined,
    alternates: feedLinks(t('footer.feed')),
  }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { query } = data
    return (
      <div class="page">
        <h1>{t('nav.explore')}</h1>
        <search>
          <form class="search-box" action="/explore" data-live="results">
            <label class="visually-hidden" for="q">
              {t('catalog.search_label')}
            </label>
            <input
              id="q"
              name="q"
              type="search"
              value={query.q}
              placeholder={t('catalog.search_label')}
              autoComplete="off"
            />
            {query.refine.map(({ facet, value }) => (
              <input key={`${facet}:${value}`} type="hidden" name={`refine.${facet}`} value={value} />
            ))}
            {query.sort !== 'relevance' && <input type="hidden" name="sort" value={query.sort} />}
            <button class="button" type="submit">
              <Icon name="search" />
              <span>{t('action.search')}</span>
            </button>
          </form>
        </search>
        <div id="results">
          <Results {...data} />
        </div>
      </div>
    )
  },
})

function Results({ query, page, facets }: ExploreData): VNode {
  const { t } = useEnv()
  const pages = Math.ceil(page.total_count / catalogPageSize)
  return (
    <div class="split">
      <aside class="filters" aria-label={t('filters')}>
        <details class="filters-fold" open>
          <summary class="button secondary">
            <Icon name="filter" />
            {t('filters')}
          </summary>
          {catalogFacets.map((name, index) => {
            const facet = facets.find((one) => one.name === name)
            return (
              facet &&
              facet.facets.length > 0 && (
                <FacetList
                  key={name}
                  facet={facet}
                  label={t(`catalog.facet.${name}`)}
                  isOpen={index < 4 || facet.facets.some(({ state }) => state === 'refined')}
                  hrefOf={(value) => catalogHref(toggledFacet(query, name, value))}
                  nameOf={(value) =>
                    name === 'features' ? valueLabel(t, 'feature', value.name) : value.name
                  }
                />
              )
            )
          })}
        </details>
      </aside>
      <section aria-labelledby="found">
        <div class="row section-head">
          <h2 id="found" class="grow" aria-live="polite">
            {t('catalog.found', { count: page.total_count })}
          </h2>
          <nav class="row small sorts" aria-label={t('catalog.sort')}>
            <span class="muted">{t('catalog.sort')}</span>
            {catalogSorts.map((sort) => (
              <a
                key={sort}
                href={catalogHref({ ...query, sort, page: 1 })}
                rel="nofollow"
                aria-current={sort === query.sort ? 'true' : undefined}
              >
                {t(`catalog.sort.${sort}`)}
              </a>
            ))}
          </nav>
        </div>
        <Chosen query={query} />
        {page.total_count === 0 ? (
          <div class="card empty">
            <p>{t('catalog.nothing')}</p>
            <a class="button secondary" href="/explore">
              {t('filters.clear')}
            </a>
          </div>
        ) : (
          <div class="stack">
            {page.results.map((dataset) => (
              <DatasetCard
                key={dataset.dataset_id}
                dataset={dataset}
                summary={textOfHtml(meta(dataset, 'description'))}
                q={query.q}
              />
            ))}
          </div>
        )}
        <Pagination
          page={query.page}
          pages={pages}
          hrefOf={(number) => catalogHref({ ...query, page: number })}
        />
        <p class="row small feeds">
          <Icon name="rss" />
          {(['rss', 'csv', 'json', 'dcat', 'ttl'] as const).map((format) => (
            <a
              key={format}
              rel="nofollow"
              href={withQuery(`${catalogPath}/exports/${format}`, catalogParameters(query))}
            >
              {format.toUpperCase()}
            </a>
          ))}
        </p>
      </section>
    </div>
  )
}

function Chosen({ query }: { readonly query: CatalogQuery }): VNode | null {
  const { t } = useEnv()
  if (query.refine.length === 0) return null
  const chipOf = (facet: (typeof query.refine)[number]['facet'], value: string) =>
    t('filters.chip.refine', {
      field: t(`catalog.facet.${facet}`),
      value: facet === 'features' ? valueLabel(t, 'feature', value) : value,
    })
  return (
    <ul class="plain row chosen" aria-label={t('filters.active')}>
      {query.refine.map(({ facet, value }) => (
        <li key={`${facet}:${value}`}>
          <a
            class="tag accent"
            href={catalogHref(toggledFacet(query, facet, { name: value, value, state: 'refined' }))}
            aria-label={t('filters.remove', { filter: chipOf(facet, value) })}
          >
            {chipOf(facet, value)}
            <Icon name="close" />
          </a>
        </li>
      ))}
      <li>
        <a href={catalogHref({ ...query, refine: [], page: 1 })}>{t('filters.clear')}</a>
      </li>
    </ul>
  )
}
