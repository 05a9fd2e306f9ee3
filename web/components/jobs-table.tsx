import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'
import { harvesterPath } from '../office/harvester.ts'
import { type Job, officePath } from '../office/types.ts'

const tones = { waiting: '', started: 'accent', running: 'accent', done: 'ok', error: 'bad' } as const

export function JobState({ job }: { readonly job: Job }): VNode {
  const { t } = useEnv()
  const { result, state } = job
  if (state === 'done' && result?.held) return <span class="tag warn">{t('job_state.held')}</span>
  if (state === 'done' && result?.aborted) return <span class="tag">{t('job_state.aborted')}</span>
  return <span class={`tag ${tones[state]}`}>{t(`job_state.${state}` as MessageKey)}</span>
}

/** What the job is about: a dataset, or a harvester. */
export function JobSubject({ job: { dataset_id, dataset_uid } }: { readonly job: Job }): VNode {
  const { t } = useEnv()
  if (dataset_id) return <a href={officePath(dataset_uid)}>{dataset_id}</a>
  return dataset_uid.startsWith('ha_') ? (
    <a href={harvesterPath(dataset_uid)}>{t('harvesters.one')}</a>
  ) : (
    <span class="muted">{dataset_uid}</span>
  )
}

/** A dry run is called by what it is. */
export const functionKeyOf = ({ function: name, params }: Job): MessageKey =>
  `function.${String(params.dry_run) === 'true' ? 'dry_run' : name}` as MessageKey

/** Jobs, newest first. */
export function JobsTable({
  jobs,
  isOfOneDataset = false,
}: {
  readonly jobs: readonly Job[]
  readonly isOfOneDataset?: boolean
}): VNode {
  const { t, format } = useEnv()
  return (
    <div class="card flush">
      <table class="list cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('jobs.what')}</th>
            {!isOfOneDataset && <th scope="col">{t('datasets.dataset')}</th>}
            <th scope="col">{t('datasets.status')}</th>
            <th scope="col">{t('jobs.when')}</th>
            <th scope="col">{t('jobs.who')}</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.job_id}>
              <td>
                <a class="strong" href={`/backoffice/jobs/${job.job_id}`}>
                  {t(functionKeyOf(job))}
                </a>
              </td>
              {!isOfOneDataset && (
                <td data-label={t('datasets.dataset')}>
                  <JobSubject job={job} />
                </td>
              )}
              <td data-label={t('datasets.status')}>
                <JobState job={job} />
                {job.state === 'error' && (
                  <div class="small muted">{job.cause?.what ?? job.error?.message}</div>
                )}
              </td>
              <td data-label={t('jobs.when')}>
                <time dateTime={job.created_at}>{format.dateTime(job.created_at)}</time>
              </td>
              <td data-label={t('jobs.who')}>{job.user.username}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
