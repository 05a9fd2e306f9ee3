import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import {
  type Dataset,
  meta,
  metaList,
  pagePath,
  recordsCountOf,
  titleOf,
  type View,
  viewsOf,
} from '../portal/dataset.ts'
import { Icon, type IconName } from './icon.tsx'

const icons: Readonly<Partial<Record<View, IconName>>> = {
  table: 'table',
  map: 'map',
  analyze: 'chart',
  calendar: 'calendar',
  images: 'image',
  export: 'download',
}

/** A dataset in a list. `summary`: its description as text. */
export function DatasetCard({
  dataset,
  summary,
}: {
  readonly dataset: Dataset
  readonly summary: string
}): VNode {
  const { t, format } = useEnv()
  const { dataset_id: id } = dataset
  const modified = meta(dataset, 'modified')
  const links = viewsOf(dataset).filter((view) => icons[view])
  return (
    <article class="card dataset-card">
      <h3>
        <a href={pagePath(id)}>{titleOf(dataset)}</a>
      </h3>
      <p class="dataset-summary">{summary}</p>
      <div class="row dataset-facts small muted">
        {meta(dataset, 'publisher') && <span>{meta(dataset, 'publisher')}</span>}
        {dataset.has_records && <span>{t('records', { count: recordsCountOf(dataset) })}</span>}
        {modified && <span>{t('dataset.modified_on', { date: format.date(modified) })}</span>}
      </div>
      <div class="row dataset-ends">
        <div class="row grow">
          {metaList(dataset, 'theme').map((theme) => (
            <a key={theme} class="tag accent" href={`/explore?refine.theme=${encodeURIComponent(theme)}`}>
              {theme}
            </a>
          ))}
        </div>
        <div class="row view-links">
          {links.map((view) => (
            <a
              key={view}
              href={pagePath(id, view)}
              title={t(`view.${view}`)}
              aria-label={`${titleOf(dataset)}: ${t(`view.${view}`)}`}
            >
              <Icon name={icons[view]!} />
            </a>
          ))}
        </div>
      </div>
    </article>
  )
}
