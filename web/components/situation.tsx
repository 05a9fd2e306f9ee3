import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { type Dataset, type Job, officePath } from '../office/types.ts'
import { Icon } from './icon.tsx'
import { functionKeyOf } from './jobs-table.tsx'

/** In words: what readers see, and what they do not see yet. */
export function Situation({ dataset }: { readonly dataset: Dataset }): VNode {
  const { t, format } = useEnv()
  const { publication, status } = dataset
  return (
    <div class="situation">
      {publication ? (
        <p>
          {t('situation.published', { count: publication.records_count })}{' '}
          <span class="muted">
            {t('situation.since', { date: format.dateTime(publication.published_at) })}
          </span>
        </p>
      ) : (
        <p>{t('situation.unpublished')}</p>
      )}
      {publication?.edited_since && <p class="warn-text">{t('situation.edited_since')}</p>}
      {status.partial && <p class="warn-text">{t('situation.partial')}</p>}
      {status.stale && <p class="warn-text">{t('situation.stale')}</p>}
      {status.undo_unpublish_until && (
        <p class="muted">
          {t('situation.undo_until', { date: format.dateTime(status.undo_unpublish_until) })}
        </p>
      )}
      {Number(status.records_errors ?? 0) > 0 && (
        <p>
          <a href={officePath(dataset.dataset_uid, 'errors')}>
            {t('situation.record_errors', { count: Number(status.records_errors) })}
          </a>
        </p>
      )}
    </div>
  )
}

/** How the last job ended, when that needs a word. */
export function Outcome({ job, dataset }: { readonly job: Job; readonly dataset: Dataset }): VNode | null {
  const { t, format } = useEnv()
  if (job.state === 'error') {
    return (
      <div class="notice bad">
        <Icon name="warning" />
        <div>
          <strong>{t('outcome.failed', { what: t(functionKeyOf(job)) })}</strong>{' '}
          {job.cause?.what ?? job.error?.message}
          {(job.cause?.what_to_do ?? job.error?.hint) && (
            <div class="small">{job.cause?.what_to_do ?? job.error?.hint}</div>
          )}
          <div class="small">
            <a href={`/backoffice/jobs/${job.job_id}`}>{t('outcome.details')}</a>
          </div>
        </div>
      </div>
    )
  }
  if (dataset.status.name === 'error' && dataset.status.message)
    return <p class="notice bad">{dataset.status.message}</p>
  if (job.finished_at === null) return null
  const seconds = (Date.parse(job.finished_at) - Date.parse(job.created_at)) / 1000
  return (
    <p class="muted small">
      <a href={`/backoffice/jobs/${job.job_id}`}>{t(functionKeyOf(job))}</a>{' '}
      {t(job.result?.aborted ? 'outcome.aborted' : 'outcome.done', {
        date: format.dateTime(job.finished_at),
        seconds: format.number(seconds, 1),
      })}
    </p>
  )
}
