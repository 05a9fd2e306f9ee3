import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ActionButtons } from '../components/action-buttons.tsx'
import { DryRunResult } from '../components/dry-run-result.tsx'
import { HeldPublish } from '../components/held-publish.tsx'
import { JobsTable } from '../components/jobs-table.tsx'
import { Problem } from '../components/problem.tsx'
import { ReaderLink } from '../components/reader-link.tsx'
import { Outcome, Situation } from '../components/situation.tsx'
import { StatusTags } from '../components/status-tag.tsx'
import { Working } from '../components/working.tsx'
import { ApiError } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { type ActionName, runAction } from '../office/actions.ts'
import { followDataset } from '../office/live-dataset.ts'
import { apiPath, type Dataset, isWorking, type Job } from '../office/types.ts'

export interface DatasetState {
  readonly dataset: Dataset
  /** The newest first: that works on it, or the last that did. */
  readonly jobs: readonly Job[]
  readonly mayPublish: boolean
}

/** How many of its jobs are told. */
export const shownJobs = 5

/** The status of a dataset, always true, and what can be done about it. Every button is a form of its own. */
export default function DatasetActions({ dataset: first, jobs: firstJobs, mayPublish }: DatasetState): VNode {
  const { t, api } = useEnv()
  const [dataset, setDataset] = useState(first)
  const [jobs, setJobs] = useState(firstJobs)
  const job = jobs[0] ?? null
  const [problem, setProblem] = useState<ApiError | null>(null)
  const [isOrdering, setOrdering] = useState(false)
  const isLoading = useRef<'no' | 'yes' | 'again'>('no')
  const uid = first.dataset_uid

  /** One look at a time; what happens meanwhile makes for one more. */
  async function look() {
    if (isLoading.current !== 'no') {
      isLoading.current = 'again'
      return
    }
    do {
      isLoading.current = 'yes'
      try {
        const [fresh, newest] = await Promise.all([
          api.get<Dataset>(apiPath(uid), { expand: ['status', 'publication'] }),
          api.get<readonly Job[]>(apiPath(uid, '/jobs'), { rows: shownJobs }),
        ])
        setDataset(fresh)
        setJobs(newest)
      } catch {
        // The next event, or the next look, comes.
      }
    } while ((isLoading.current as string) === 'again')
    isLoading.current = 'no'
  }

  useEffect(
    () =>
      followDataset(uid, {
        onEvent(told, isProgress) {
          // An event has of a job what changes.
          if (told && isProgress)
            setJobs((known) => known.map((one) => (one.job_id === told.job_id ? { ...one, ...told } : one)))
          else void look()
        },
      }),
    [uid],
  )

  async function run(action: ActionName, form: HTMLFormElement) {
    const fields = new FormData(form)
    setProblem(null)
    setOrdering(true)
    try {
      await runAction(api, uid, action, (name) => String(fields.get(name) ?? ''))
      form.closest('details')?.removeAttribute('open')
    } catch (error) {
      setProblem(error instanceof ApiError ? error : new ApiError(0, { message: t('create.network') }))
    }
    setOrdering(false)
    await look()
  }

  const { status } = dataset
  const works = isWorking(status)
  return (
    <div class="stack" data-status={status.name}>
      <Problem problem={problem} />
      <section class="card stack" aria-labelledby="status">
        <div class="row">
          <h2 id="status" class="visually-hidden">
            {t('datasets.status')}
          </h2>
          <div role="status">
            <StatusTags status={status} />
          </div>
          <div class="grow">
            <ReaderLink dataset={dataset} />
          </div>
          {mayPublish && <ActionButtons dataset={dataset} works={works} isBusy={isOrdering} run={run} />}
        </div>
        <Situation dataset={dataset} />
        {works && job && (
          <Working dataset={dataset} job={job} isBusy={isOrdering} run={run} mayPublish={mayPublish} />
        )}
        {!works && job && <Outcome job={job} dataset={dataset} />}
      </section>
      {mayPublish && !works && status.held && <HeldPublish dataset={dataset} isBusy={isOrdering} run={run} />}
      {!works && job && <DryRunResult job={job} isBusy={isOrdering} run={run} mayPublish={mayPublish} />}
      {jobs.length > 0 && (
        <section class="stack" aria-labelledby="jobs">
          <h2 id="jobs">{t('overview.jobs')}</h2>
          <JobsTable jobs={jobs} isOfOneDataset />
          <p class="small">
            <a href={`/backoffice/jobs?dataset=${encodeURIComponent(uid)}`}>{t('overview.all_jobs')}</a>
          </p>
        </section>
      )}
    </div>
  )
}
