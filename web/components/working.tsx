import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Dataset, Job } from '../office/types.ts'
import { Act, type Run } from './act.tsx'
import { Icon } from './icon.tsx'
import { JobProgress } from './job-progress.tsx'
import { functionKeyOf } from './jobs-table.tsx'

/** What works on the dataset, how far it is, and how it is stopped. */
export function Working({
  dataset,
  job,
  isBusy,
  run,
  mayPublish,
}: {
  readonly dataset: Dataset
  readonly job: Job
  readonly isBusy: boolean
  readonly run: Run
  readonly mayPublish: boolean
}): VNode {
  const { t } = useEnv()
  const { name } = dataset.status
  const isPublish = job.function === 'publish'
  const isDryRun = job.params.dry_run === true || job.params.dry_run === 'true'
  return (
    <div class="stack working">
      <p>
        <a href={`/backoffice/jobs/${job.job_id}`}>{t(functionKeyOf(job))}</a>{' '}
        <span class="muted">{t('office.by', { name: job.user.username })}</span>
      </p>
      {isPublish && <JobProgress job={job} />}
      {mayPublish && isPublish && name !== 'aborting_processing' && (
        <div class="row">
          {!isDryRun && name === 'processing' && (
            <Act action="abort_keep" run={run} isBusy={isBusy}>
              {t('action.abort_keep')}
            </Act>
          )}
          <Act action="abort_discard" run={run} isBusy={isBusy} kind="danger">
            <Icon name="close" />
            {t(name === 'queued' ? 'action.cancel_order' : 'action.abort_discard')}
          </Act>
        </div>
      )}
    </div>
  )
}
