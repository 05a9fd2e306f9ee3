import type { VNode } from 'preact'
import { markFound, prefixWords, type Word } from '../../shared/words.ts'
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
import { Found } from './found.tsx'
import { Icon, type IconName } from './icon.tsx'

const icons: Readonly<Partial<Record<View, IconName>>> = {
  table: 'table',
  map: 'map',
  analyze: 'chart',
  calendar: 'calendar',
  images: 'image',
  export: 'download',
}

/** A dataset in a list. `summary`: its description as text; `q`: what it was searched for by. */
export function DatasetCard({
  dataset,
  summary,
  q = '',
}: {
  readonly dataset: Dataset
  readonly summary: string
  readonly q?: string
}): VNode {
  const { t, format } = useEnv()
  const { dataset_id: id } = dataset
  const words = prefixWords(q)
  const modified = meta(dataset, 'modified')
  const links = viewsOf(dataset).filter((view) => icons[view])
  return (
    <article class="card dataset-card">
      <h3>
        <a href={pagePath(id)}>
          <Found text={titleOf(dataset)} words={words} />
        </a>
      </h3>
      <p class="dataset-summary">
        <Found text={fromFirstFound(summary, words)} words={words} />
      </p>
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
              aria-label={t('named', { name: titleOf(dataset), value: t(`view.${view}`) })}
            >
              <Icon name={icons[view]!} />
            </a>
          ))}
        </div>
      </div>
    </article>
  )
}

/** Three lines of a summary are seen: what is found further on, and nothing before it, begins a few words earlier. */
function fromFirstFound(summary: string, words: readonly Word[]): string {
  const pieces = markFound(summary, words)
  const first = pieces.findIndex(({ isFound }) => isFound)
  const at = pieces.slice(0, Math.max(0, first)).reduce((length, { text }) => length + text.length, 0)
  return at < seenCharacters
    ? summary
    : `… ${summary.slice(summary.lastIndexOf(' ', at - leadCharacters) + 1)}`
}

const seenCharacters = 160
const leadCharacters = 60
