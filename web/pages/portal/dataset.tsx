import type { VNode } from 'preact'
import { ActiveFilters, FilterPanel, viewHref } from '../../components/filter-panel.tsx'
import { Icon, type IconName } from '../../components/icon.tsx'
import { ShareBox } from '../../components/share-box.tsx'
import { useEnv } from '../../kit/env.ts'
import { textOfHtml } from '../../kit/html.ts'
import { definePage, type Page, type PageContext, Redirect } from '../../kit/page.ts'
import { meta, metaList, pagePath, titleOf, type View } from '../../portal/dataset.ts'
import { countFilters } from '../../portal/filters.ts'
import { datasetJsonLd } from '../../portal/json-ld.ts'
import { type DatasetData, loadDataset } from '../../portal/load-dataset.ts'
import { ViewBody } from './views/index.tsx'
import { Columns } from './views/table.tsx'

/** `/explore/dataset/{id}/` leads to what the dataset is about. */
export const datasetRoot = definePage<never>({
  path: '/explore/dataset/:id',
  area: 'portal',
  layout: 'portal',
  async load({ params, url }) {
    throw new Redirect(`${pagePath(params.id!)}${url.search}`)
  },
  head: () => ({ title: '' }),
  View: () => <></>,
})

const islands = ['data-table', 'data-map', 'chart-builder', 'field-profiles', 'api-console'] as const

/** `/explore/dataset/{id}/{view}/`: the hosted platform's addresses. One page for each view, so that it loads what it needs. */
export const dataset: Page = definePage<DatasetData>({
  path: '/explore/dataset/:id/:view',
  area: 'portal',
  layout: 'portal',
  islands: [],
  load: (context) => loadDataset(context, false),
  islandsOf: ({ view }) => islands.filter((name) => name === islandOf[view]),
  head: (data, context) => headOf(data, context),
  View: ({ data }): VNode => {
    const { dataset: it, view, filters, facets, keep, shown } = data
    const hasFilters = view !== 'information'
    return (
      <div class={`page dataset view-${view}`}>
        <DatasetHeader data={data} />
        {hasFilters ? (
          <div class="split">
            <FilterPanel dataset={it} filters={filters} facets={facets} view={view} keep={keep} />
            <section class="view" aria-labelledby="view-title">
              <ViewHead data={data} />
              <ActiveFilters dataset={it} filters={filters} view={view} keep={keep} />
              <Problem data={data} />
              {shown && <ViewBody data={data} shown={shown} isEmbedded={false} />}
              {view !== 'api' && view !== 'export' && <ShareBox data={data} />}
            </section>
          </div>
        ) : (
          shown && <ViewBody data={data} shown={shown} isEmbedded={false} />
        )}
      </div>
    )
  },
})

/** The same view for frames on other sites. */
export const embed: Page = definePage<DatasetData>({
  path: '/explore/embed/dataset/:id/:view',
  area: 'portal',
  layout: 'embed',
  load: (context) => loadDataset(context, true),
  islandsOf: ({ view }) => islands.filter((name) => name === islandOf[view]),
  head: (data, context) => ({ ...headOf(data, context), robots: 'noindex', jsonLd: undefined }),
  View: ({ data }): VNode => (
    <div class={`embedded view-${data.view}`}>
      <h1 class="embed-title">{titleOf(data.dataset)}</h1>
      <Problem data={data} />
      {data.shown && <ViewBody data={data} shown={data.shown} isEmbedded />}
    </div>
  ),
})

const islandOf: Readonly<Partial<Record<View, string>>> = {
  information: 'field-profiles',
  table: 'data-table',
  map: 'data-map',
  analyze: 'chart-builder',
  api: 'api-console',
}

function headOf({ dataset: it, view, filters }: DatasetData, context: PageContext) {
  const title = titleOf(it)
  return {
    title:
      view === 'information' ? title : context.t('named', { name: title, value: context.t(`view.${view}`) }),
    description: textOfHtml(meta(it, 'description')) || title,
    canonical: pagePath(it.dataset_id, view),
    robots: countFilters(filters) > 0 ? ('noindex' as const) : undefined,
    type: 'article' as const,
    jsonLd: view === 'information' ? datasetJsonLd(it, context) : undefined,
  }
}

const icons: Readonly<Record<View, IconName>> = {
  information: 'info',
  table: 'table',
  map: 'map',
  analyze: 'chart',
  calendar: 'calendar',
  images: 'image',
  export: 'download',
  api: 'code',
}

function DatasetHeader({ data }: { readonly data: DatasetData }): VNode {
  const { t, format } = useEnv()
  const { dataset: it, view, views, filters, total } = data
  const modified = meta(it, 'modified')
  return (
    <header class="dataset-header">
      <nav class="small crumbs" aria-label={t('nav.crumbs')}>
        <a href="/explore">{t('nav.explore')}</a>
        {metaList(it, 'theme')
          .slice(0, 1)
          .map((theme) => (
            <a key={theme} href={`/explore?refine.theme=${encodeURIComponent(theme)}`}>
              {theme}
            </a>
          ))}
      </nav>
      <h1>{titleOf(it)}</h1>
      <p class="row small muted dataset-facts">
        {meta(it, 'publisher') && <span>{meta(it, 'publisher')}</span>}
        {it.has_records && <span>{t('records', { count: total })}</span>}
        {modified && <span>{t('dataset.modified_on', { date: format.date(modified) })}</span>}
        {meta(it, 'license') && <span>{meta(it, 'license')}</span>}
      </p>
      {filters.version && (
        <p class="notice warn">
          <Icon name="clock" />
          <span>
            {t('dataset.version_shown')}{' '}
            <a href={pagePath(it.dataset_id, view)}>{t('dataset.version_current')}</a>
          </span>
        </p>
      )}
      <nav class="tabs" aria-label={t('view.all')}>
        {views.map((name) => (
          <a
            key={name}
            href={viewHref(it.dataset_id, name, filters)}
            aria-current={name === view ? 'page' : undefined}
          >
            <Icon name={icons[name]} />
            {t(`view.${name}`)}
          </a>
        ))}
      </nav>
    </header>
  )
}

function ViewHead({ data }: { readonly data: DatasetData }): VNode {
  const { t } = useEnv()
  const { count, total } = data
  return (
    <div class="row section-head">
      <h2 id="view-title" class="grow">
        {count === total ? t('records', { count }) : t('records.of', { count, total })}
      </h2>
      {data.view === 'table' && data.problem === null && <Columns data={data} />}
    </div>
  )
}

function Problem({ data }: { readonly data: DatasetData }): VNode | null {
  if (data.problem === null) return null
  return (
    <p class="notice bad" role="alert">
      <Icon name="warning" />
      <span>{data.problem}</span>
    </p>
  )
}
