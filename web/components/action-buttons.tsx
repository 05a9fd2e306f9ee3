import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Dataset } from '../office/types.ts'
import { Act, type Run } from './act.tsx'
import { Icon } from './icon.tsx'

/** What can be ordered while nothing is under way. */
export function ActionButtons({
  dataset,
  works,
  isBusy,
  run,
}: {
  readonly dataset: Dataset
  readonly works: boolean
  readonly isBusy: boolean
  readonly run: Run
}): VNode | null {
  const { t } = useEnv()
  if (works) return null
  const { status } = dataset
  return (
    <div class="row">
      <Act action="dry_run" run={run} isBusy={isBusy}>
        <Icon name="search" />
        {t('action.dry_run')}
      </Act>
      <Act action="publish" run={run} isBusy={isBusy} kind="">
        <Icon name="upload" />
        {t(status.published ? 'action.publish_again' : 'action.publish')}
      </Act>
      {status.published && (
        <details class="confirm">
          <summary class="button secondary">{t('action.unpublish')}</summary>
          <div class="card stack">
            <p>{t('action.unpublish_text')}</p>
            <Act action="unpublish" run={run} isBusy={isBusy} kind="danger">
              {t('action.unpublish')}
            </Act>
          </div>
        </details>
      )}
      {!status.published && status.undo_unpublish_until && (
        <Act action="undo_unpublish" run={run} isBusy={isBusy}>
          <Icon name="undo" />
          {t('action.undo_unpublish')}
        </Act>
      )}
    </div>
  )
}
