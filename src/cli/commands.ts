/** The commands that talk to a server: they order an action or show what there is. `publish` has a file of its own. */
import { createInterface } from 'node:readline'
import type { RestoreChoice } from './client.ts'
import { count, describePhase } from './output.ts'
import { follow, type Session } from './session.ts'
import type { JobObject } from './wire.ts'

export { diff } from './diff.ts'
export { publish } from './publish.ts'
export { openClient } from './session.ts'

/** Follows an order to its end, or answers its job id with --no-wait. */
async function settle(
  session: Session,
  order: { readonly dataset: string; readonly jobId: string; readonly event: string },
  describe: (job: JobObject) => string,
): Promise<void> {
  const { dataset, jobId, event } = order
  if (!session.waits) return session.output.result(jobId, { event: 'ordered', job_id: jobId, dataset })
  const job = await follow(session, jobId, dataset)
  session.output.result(describe(job), { event, dataset, job_id: jobId, result: job.result })
}

export async function unpublish(session: Session, dataset: string): Promise<void> {
  const jobId = await session.client.order(dataset, 'unpublish')
  await settle(session, { dataset, jobId, event: 'unpublished' }, () => `${dataset} is no longer public`)
}

export async function undoUnpublish(session: Session, dataset: string): Promise<void> {
  const jobId = await session.client.order(dataset, 'undo_unpublish')
  await settle(
    session,
    { dataset, jobId, event: 'unpublish_undone' },
    () => `${dataset} is public again, as it was`,
  )
}

export async function abort(session: Session, dataset: string, discard: boolean): Promise<void> {
  const jobId = await session.client.abort(dataset, discard ? 'discard' : 'keep')
  await settle(session, { dataset, jobId, event: 'aborted' }, () =>
    discard
      ? `${dataset} is aborted; readers see what they saw before`
      : `${dataset} is aborted; what was processed is kept`,
  )
}

export async function saveVersion(
  session: Session,
  dataset: string,
  told: { readonly label?: string; readonly note?: string },
): Promise<void> {
  const jobId = await session.client.order(dataset, 'save_version', told)
  await settle(session, { dataset, jobId, event: 'version_saved' }, (job) => job.result?.version_uid ?? jobId)
}

export async function restore(
  session: Session,
  dataset: string,
  versionUid: string,
  choice: RestoreChoice,
): Promise<void> {
  const jobId = await session.client.restore(dataset, versionUid, choice)
  const what = {
    all: dataset,
    data: `the data of ${dataset}`,
    configuration: `the configuration of ${dataset}`,
  }
  await settle(
    session,
    { dataset, jobId, event: 'restored' },
    ({ result }) =>
      `${what[choice]} is what it was in version ${versionUid}; what it was before is version ${result?.automatic_version_uid}`,
  )
}

export async function deleteVersion(session: Session, dataset: string, versionUid: string): Promise<void> {
  await session.client.deleteVersion(dataset, versionUid)
  session.output.result(`version ${versionUid} of ${dataset} is deleted`, {
    event: 'version_deleted',
    dataset,
    version_uid: versionUid,
  })
}

export async function versions(session: Session, dataset: string): Promise<void> {
  for (const version of await session.client.versions(dataset)) {
    const partial = version.partial ? ', partial' : ''
    const records = version.published ? `${count(version.records_count)} records${partial}` : 'not published'
    const said = version.label ?? (version.automatic ? `(automatic) ${version.note ?? ''}` : '')
    session.output.result([version.version_uid, version.created_at, records, said].join('\t').trimEnd(), {
      event: 'version',
      ...version,
    })
  }
}

export async function schedules(session: Session, dataset: string | null): Promise<void> {
  for (const schedule of await session.client.schedules(dataset)) {
    const { last_run: run } = schedule
    const last =
      run === null
        ? 'never run'
        : run.outcome === 'skipped'
          ? `skipped at ${run.fired_at}: ${run.reason}`
          : `${run.state ?? 'ordered'} at ${run.fired_at}`
    const of = schedule.dataset_id ?? schedule.harvester_id ?? dataset ?? ''
    const { schedule_uid, cron_schedule, timezone, next_runs } = schedule
    session.output.result(
      [schedule_uid, of, cron_schedule, timezone, `next ${next_runs[0]}`, last].join('\t'),
      { event: 'schedule', ...schedule },
    )
  }
}

export async function schedule(
  session: Session,
  dataset: string,
  cron: string,
  timezone: string | null,
): Promise<void> {
  const made = await session.client.createSchedule(dataset, cron, timezone)
  session.output.result(
    `${dataset} is published at ${made.cron_schedule} (${made.timezone}), next ${made.next_runs[0]}: ${made.schedule_uid}`,
    { event: 'scheduled', dataset, ...made },
  )
}

export async function unschedule(session: Session, dataset: string, scheduleUid: string): Promise<void> {
  await session.client.deleteSchedule(dataset, scheduleUid)
  session.output.result(`schedule ${scheduleUid} of ${dataset} is deleted`, {
    event: 'schedule_deleted',
    dataset,
    schedule_uid: scheduleUid,
  })
}

export async function list(session: Session): Promise<void> {
  for await (const dataset of session.client.listDatasets()) {
    const { title } = dataset.metas.default ?? {}
    const isPublished = dataset.metas.publishing?.published === true
    session.output.result(
      [
        dataset.dataset_id,
        isPublished ? (dataset.partial ? 'partial' : 'published') : 'not published',
        dataset.status.name,
        typeof title === 'string' ? title.replaceAll(/\s+/g, ' ') : '',
      ]
        .join('\t')
        .trimEnd(),
      { event: 'dataset', ...dataset },
    )
  }
}

export async function deleteDataset(session: Session, dataset: string): Promise<void> {
  await session.client.deleteDataset(dataset)
  session.output.result(`${dataset} is deleted`, { event: 'dataset_deleted', dataset })
}

export async function recordErrors(session: Session, dataset: string, rows: number): Promise<void> {
  for (const error of await session.client.recordErrors(dataset, rows))
    session.output.result([error.record_id ?? '-', error.field_uid ?? '-', error.message].join('\t'), {
      event: 'record_error',
      ...error,
    })
}

/** Source rows that could not be read: CSV to mend the source with, an event a row with --json. */
export async function rejects(session: Session, dataset: string): Promise<void> {
  const { client, output } = session
  const body = await client.readRejects(dataset, output.isJson ? 'jsonl' : 'csv')
  if (!output.isJson) return output.copy(body)
  for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY }))
    output.result('', { event: 'reject', ...(JSON.parse(line) as object) })
}

/** Gives rejected rows back, corrected. */
export async function resubmitRejects(session: Session, dataset: string, path: string): Promise<void> {
  const { client, output } = session
  const { url } = await client.uploadFile(path)
  for (const resource of await client.resubmitRejects(dataset, url))
    output.result([resource.resource_uid, resource.title].join('\t'), {
      event: 'resource_added',
      dataset,
      ...resource,
    })
  output.note('The next publish reads them')
}

export async function status(session: Session, dataset: string): Promise<void> {
  const found = await session.client.status(dataset)
  const facts = [found.name, found.published ? 'published' : 'not published', `since ${found.since}`]
  if (found.partial) facts.push('partial: it was aborted')
  if (found.undo_unpublish_until) facts.push(`undo-unpublish until ${found.undo_unpublish_until}`)
  if (found.records_errors) facts.push(`${count(found.records_errors)} values not converted`)
  if (found.message !== undefined) facts.push(found.message)
  if (found.held)
    facts.push(`a publish is held: ${found.held.gates.map(({ message }) => message).join('; ')}`)
  if (found.job_id !== undefined) facts.push(`job ${found.job_id}`)
  session.output.result(facts.join(', '), { event: 'status', dataset, ...found })
}

export async function jobs(session: Session, rows: number): Promise<void> {
  for (const job of await session.client.jobs(rows))
    session.output.result(describeJob(job), { event: 'job', job })
}

export async function showJob(session: Session, jobId: string, follows: boolean): Promise<void> {
  const job = await session.client.job(jobId)
  if (!follows) return session.output.result(describeJob(job), { event: 'job', job })
  const ended = await follow(session, jobId, job.dataset_uid)
  session.output.result(describeJob(ended), { event: 'job_ended', job: ended })
}

function describeJob(job: JobObject): string {
  const phase = job.progresses.at(-1)
  const detail =
    job.error?.message ?? (phase && job.finished_at === null ? `${phase.step} ${describePhase(phase)}` : '')
  return [
    job.job_id,
    job.function,
    job.dataset_id ?? job.dataset_uid,
    job.state,
    job.finished_at ?? job.created_at,
    detail,
  ]
    .join('\t')
    .trimEnd()
}
