import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { titleOf } from '../portal/dataset.ts'
import { writeFilters } from '../portal/filters.ts'
import type { DatasetData } from '../portal/load-dataset.ts'
import { Icon } from './icon.tsx'
import { ScrollRegion } from './scroll-region.tsx'

/** How to take a view along: as a frame, as a script, on paper. */
export function ShareBox({ data }: { readonly data: DatasetData }): VNode {
  const { t, origin } = useEnv()
  const { dataset, view, filters, keep } = data
  const query = new URLSearchParams([...writeFilters(filters), ...keep]).toString()
  const path = `/explore/embed/dataset/${encodeURIComponent(dataset.dataset_id)}/${view}/`
  const address = `${origin}${path}${query === '' ? '' : `?${query}`}`
  const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const frame = `<iframe src="${attribute(address)}" title="${attribute(titleOf(dataset))}" width="100%" height="480" loading="lazy"></iframe>`
  const script = `<script src="${origin}/assets/embed.js" data-dataset="${attribute(dataset.dataset_id)}" data-view="${view}"${query === '' ? '' : ` data-query="${attribute(query)}"`}></script>`
  return (
    <details class="share no-print">
      <summary>
        <Icon name="embed" /> {t('share.title')}
      </summary>
      <div class="stack">
        <Code id="embed-frame" label={t('share.frame')} text={frame} />
        <Code id="embed-script" label={t('share.script')} text={script} />
        <div class="row">
          <a class="button secondary small" href={address} target="_blank" rel="noopener">
            {t('share.open')}
          </a>
          <button class="button secondary small" type="button" data-print hidden>
            <Icon name="print" />
            {t('action.print')}
          </button>
        </div>
      </div>
    </details>
  )
}

export function Code({
  id,
  label,
  text,
}: {
  readonly id: string
  readonly label: string
  readonly text: string
}): VNode {
  const { t } = useEnv()
  return (
    <div>
      <div class="row">
        <span class="label grow small">{label}</span>
        <button
          class="button quiet small"
          type="button"
          data-copy={id}
          data-copied={t('action.copied')}
          aria-label={`${t('action.copy')}: ${label}`}
          hidden
        >
          {t('action.copy')}
        </button>
      </div>
      <ScrollRegion label={label}>
        <pre id={id}>{text}</pre>
      </ScrollRegion>
    </div>
  )
}
