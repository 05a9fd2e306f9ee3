import type { VNode } from 'preact'
import { DatasetCard } from '../../components/dataset-card.tsx'
import { Icon } from '../../components/icon.tsx'
import { type Brand, useEnv } from '../../kit/env.ts'
import { textOfHtml } from '../../kit/html.ts'
import { definePage } from '../../kit/page.ts'
import { catalogPath, type Dataset, type DatasetPage, type Facet, meta } from '../../portal/dataset.ts'

interface HomeData {
  readonly count: number
  readonly records: number
  readonly publishers: number
  readonly themes: Facet['facets']
  readonly latest: readonly Dataset[]
  readonly popular: readonly Dataset[]
  /** In their place while nothing has been read. */
  readonly largest: readonly Dataset[]
}

/** `/`: the way in, what there is, what is new. */
export const home = definePage<HomeData>({
  path: '/',
  area: 'portal',
  layout: 'portal',
  async load({ api }) {
    const list = (orderBy: string, where: string | null = null) =>
      api.get<DatasetPage>(`${catalogPath}/datasets`, { order_by: orderBy, where, limit: 6 })
    const [latest, popular, largest, { facets }, sums] = await Promise.all([
      list('modified desc'),
      list('explore.popularity_score desc, title', 'explore.popularity_score > 0'),
      list('records_count desc'),
      api.get<{ facets: Facet[] }>(`${catalogPath}/facets`),
      api.get<{ results: [{ records: number | null }] }>(`${catalogPath}/datasets`, {
        select: 'sum(records_count) as records',
      }),
    ])
    const facet = (name: string) => facets.find((one) => one.name === name)?.facets ?? []
    return {
      count: latest.total_count,
      records: sums.results[0]?.records ?? 0,
      publishers: facet('publisher').length,
      themes: facet('theme'),
      latest: latest.results,
      popular: popular.results,
      largest: largest.results,
    }
  },
  head: (_data, { t, title, origin, brand, lang }) => ({
    title,
    description: saidIn(brand, lang) ?? t('home.lead'),
    alternates: feedLinks(t('footer.feed')),
    jsonLd: {
      '@context': 'https://schema.org',
      '@type': 'WebSite',
      name: title,
      url: `${origin}/`,
      potentialAction: {
        '@type': 'SearchAction',
        target: { '@type': 'EntryPoint', urlTemplate: `${origin}/explore?q={search_term_string}` },
        'query-input': 'required name=search_term_string',
      },
    },
  }),
  View: ({ data, context }): VNode => {
    const { t, format } = useEnv()
    const { brand, lang } = context
    return (
      <>
        <section class="hero">
          <div class="hero-in">
            <h1>{brand.isNamed ? brand.title : t('home.title')}</h1>
            <p class="hero-lead">{saidIn(brand, lang) ?? t('home.lead')}</p>
            <search>
              <form class="search-box" action="/explore">
                <label class="visually-hidden" for="q">
                  {t('catalog.search_label')}
                </label>
                <input
                  id="q"
                  name="q"
                  type="search"
                  placeholder={t('catalog.search_label')}
                  autoComplete="off"
                />
                <button class="button" type="submit">
                  <Icon name="search" />
                  <span>{t('action.search')}</span>
                </button>
              </form>
            </search>
            <dl class="figures">
              <div>
                <dt>{t('home.datasets')}</dt>
                <dd>{format.number(data.count)}</dd>
              </div>
              <div>
                <dt>{t('home.records')}</dt>
                <dd>{format.compact(data.records)}</dd>
              </div>
              <div>
                <dt>{t('home.publishers')}</dt>
                <dd>{format.number(data.publishers)}</dd>
              </div>
            </dl>
          </div>
        </section>
        <div class="page stack home">
          {data.themes.length > 0 && (
            <section aria-labelledby="themes">
              <h2 id="themes">{t('home.themes')}</h2>
              <ul class="plain themes">
                {data.themes.map(({ name, value, count }) => (
                  <li key={value}>
                    <a class="theme" href={`/explore?refine.theme=${encodeURIComponent(value)}`}>
                      <span>{name}</span>
                      <span class="number muted">{format.number(count ?? 0)}</span>
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          )}
          <Section
            id="latest"
            title={t('home.latest')}
            more="/explore?sort=modified"
            datasets={data.latest}
          />
          <Section
            id="popular"
            title={t('home.popular')}
            more="/explore?sort=popular"
            datasets={data.popular}
          />
          <Section
            id="largest"
            title={t('home.largest')}
            more="/explore?sort=records"
            datasets={data.popular.length > 0 ? [] : data.largest}
          />
          {data.count === 0 && <p class="notice">{t('home.empty')}</p>}
        </div>
      </>
    )
  },
})

/** What the domain says of itself, in the reader's language or its own. */
function saidIn({ description, defaultLanguage }: Brand, lang: string): string | null {
  return description[lang] || description[defaultLanguage] || null
}

export const feedLinks = (title: string) => [
  { type: 'application/rss+xml', title, href: `${catalogPath}/exports/rss` },
  { type: 'application/rdf+xml', title: 'DCAT', href: `${catalogPath}/exports/dcat` },
]

function Section({
  id,
  title,
  more,
  datasets,
}: {
  readonly id: string
  readonly title: string
  readonly more: string
  readonly datasets: readonly Dataset[]
}): VNode | null {
  const { t } = useEnv()
  if (datasets.length === 0) return null
  return (
    <section aria-labelledby={id}>
      <div class="row section-head">
        <h2 id={id} class="grow">
          {title}
        </h2>
        <a href={more} aria-label={t('named', { name: t('home.all'), value: title })}>
          {t('home.all')}
        </a>
      </div>
      <div class="grid">
        {datasets.map((dataset) => (
          <DatasetCard
            key={dataset.dataset_id}
            dataset={dataset}
            summary={textOfHtml(meta(dataset, 'description'))}
          />
        ))}
      </div>
    </section>
  )
}
