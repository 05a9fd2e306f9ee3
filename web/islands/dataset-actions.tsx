import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Csrf } from '../components/csrf.tsx'
import { DiffSummary } from '../components/diff-summary.tsx'
import { Icon } from '../components/icon.tsx'
import { JobProgress } from '../components/job-progress.tsx'
import { functionKeyOf, JobsTable } from '../components/jobs-table.tsx'
import { Problem } from '../components/problem.tsx'
import { StatusTags } from '../components/status-tag.tsx'
import { ApiError } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { type ActionName, runAction } from '../office/actions.ts'
import { followDataset } from '../office/live-dataset.ts'
import { apiPath, type Dataset, isWorking, type Job, officePath } from '../office/types.ts'

export interface DatasetState {
  readonly dataset: Dataset
  /** The newest first: that works on it, or the last that did. */
  readonly jobs: readonly Job[]
  readonly mayPublish: boolean
}

/** How many of its jobs are told. */
export const shownJobs = 5

type Run = (action: ActionName, form: HTMLFormElement) => void

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
          <div class="grow" role="status">
            <StatusTags status={status} />
          </div>
          {mayPublish && <Buttons dataset={dataset} works={works} isBusy={isOrdering} run={run} />}
        </div>
        <Situation dataset={dataset} />
        {works && job && (
          <Working dataset={dataset} job={job} isBusy={isOrdering} run={run} mayPublish={mayPublish} />
        )}
        {!works && job && <Outcome job={job} dataset={dataset} />}
      </section>
      {mayPublish && !works && status.held && <Held dataset={dataset} isBusy={isOrdering} run={run} />}
      {!works && job && <DryRun job={job} isBusy={isOrdering} run={run} mayPublish={mayPublish} />}
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

/** One button that is a form: it works without JavaScript as well. */
function Act({
  action,
  run,
  kind = 'secondary',
  isBusy,
  fields = {},
  children,
}: {
  readonly action: ActionName
  readonly run: Run
  readonly kind?: string
  readonly isBusy: boolean
  readonly fields?: Readonly<Record<string, string>>
  readonly children: ComponentChildren
}): VNode {
  return (
    <form
      method="post"
      class="inline"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) run(action, event.currentTarget)
      }}
    >
      <Csrf action={action} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button class={`button ${kind}`} type="submit" aria-disabled={isBusy ? 'true' : undefined}>
        {children}
      </button>
    </form>
  )
}

function Buttons({
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

/** In words: what readers see, and what they do not see yet. */
function Situation({ dataset }: { readonly dataset: Dataset }): VNode {
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

function Working({
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

/** How the last job ended, when that needs a word. */
function Outcome({ job, dataset }: { readonly job: Job; readonly dataset: Dataset }): VNode | null {
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

function Held({
  dataset,
  isBusy,
  run,
}: {
  readonly dataset: Dataset
  readonly isBusy: boolean
  readonly run: Run
}): VNode {
  const { t, format } = useEnv()
  const held = dataset.status.held!
  const fields = { generation: held.generation_uid }
  return (
    <section class="card stack held" aria-labelledby="held">
      <h2 id="held">
        <Icon name="warning" /> {t('held.title')}
      </h2>
      <p>
        {t(dataset.publication ? 'held.text' : 'held.text_unpublished', {
          date: format.dateTime(held.kept_until),
        })}
      </p>
      <ul>
        {held.gates.map((gate) => (
          <li key={`${gate.gate}-${gate.field ?? ''}`}>{gate.message}</li>
        ))}
      </ul>
      <p>
        <a
          href={`${officePath(dataset.dataset_uid, 'versions')}?from=current&to=${held.generation_uid}#compare`}
        >
          {t('held.compare')}
        </a>
      </p>
      <div class="row">
        <details class="confirm">
          <summary class="button">{t('held.override')}</summary>
          <div class="card stack">
            <p>{t('held.override_text')}</p>
            <Act action="override" run={run} isBusy={isBusy} kind="danger" fields={fields}>
              {t('held.override')}
            </Act>
          </div>
        </details>
        <Act action="dismiss" run={run} isBusy={isBusy}>
          {t('held.dismiss')}
        </Act>
      </div>
    </section>
  )
}

/** What a dry run found, as long as it is the last thing that happened. */
function DryRun({
  job,
  isBusy,
  run,
  mayPublish,
}: {
  readonly job: Job
  readonly isBusy: boolean
  readonly run: Run
  readonly mayPublish: boolean
}): VNode | null {
  const { t } = useEnv()
  const { result } = job
  if (!result?.dry_run || !result.diff || !result.generation_uid) return null
  return (
    <section class="card stack" aria-labelledby="dry-run">
      <h2 id="dry-run">{t('dry_run.title')}</h2>
      <DiffSummary diff={result.diff} />
      {(['rejected', 'replaced'] as const).map((what) => {
        const count = result[`rows_${what}`] ?? 0
        return (
          count > 0 && (
            <p key={what} class="warn-text">
              {t(`dry_run.${what}`, { count })}
            </p>
          )
        )
      })}
      {(result.built_records_errors ?? 0) > 0 && (
        <p>
          <a
            class="warn-text"
            href={`${officePath(job.dataset_uid!, 'errors')}?generation=${result.generation_uid}`}
          >
            {t('situation.record_errors', { count: result.built_records_errors! })}
          </a>
        </p>
      )}
      {result.gates && result.gates.length > 0 && (
        <div class="notice warn">
          <Icon name="warning" />
          <div>
            {t('dry_run.would_hold')}
            <ul>
              {result.gates.map((gate) => (
                <li key={`${gate.gate}-${gate.field ?? ''}`}>{gate.message}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <div class="row">
        {mayPublish && (
          <Act
            action="publish_generation"
            run={run}
            isBusy={isBusy}
            kind=""
            fields={{ generation: result.generation_uid }}
          >
            <Icon name="check" />
            {t('dry_run.publish')}
          </Act>
        )}
        <a
          class="button secondary"
          href={`/backoffice/datasets/${job.dataset_uid}/versions?from=current&to=${result.generation_uid}#compare`}
        >
          {t('dry_run.records')}
        </a>
        <a class="button quiet" href={`/backoffice/jobs/${job.job_id}`}>
          {t('outcome.details')}
        </a>
      </div>
    </section>
  )
}
