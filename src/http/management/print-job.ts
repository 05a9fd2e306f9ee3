/** A job and its events as printed. Management API section 2; what is beyond it is described in docs/jobs.md. */
import { isTransient } from '../../actions/index.ts'
import { datasetIdsOf } from '../../catalog/index.ts'
import type { Job, JobEvent } from '../../jobs/index.ts'
import {
  type ErrorValue,
  errorSpec,
  formatInstant,
  fromErrorValue,
  type JsonObject,
  type JsonValue,
  type Language,
  setFrench,
  wordsOf,
} from '../../kernel/index.ts'
import { managementError } from '../error-rendering.ts'
import type { HttpServices } from '../services.ts'
import { gateFailuresIn } from './gate-failures.ts'
import { harvestReportIn } from './harvest-words.ts'
import { estimateOf } from './job-estimate.ts'
import { phasesOf } from './job-phases.ts'

export async function printJobs(
  { clock, control }: Pick<HttpServices, 'clock' | 'control'>,
  jobs: readonly Job[],
  language: Language,
): Promise<JsonObject[]> {
  const ids = await datasetIdsOf(
    control.db,
    jobs.map(({ subject }) => subject),
  )
  return jobs.map((job) => printJob(job, ids.get(job.subject) ?? null, clock.now(), language))
}

/** `datasetId`: null when the dataset is there no more. */
function printJob(job: Job, datasetId: string | null, now: number, language: Language): JsonObject {
  const { rests_as: _restsAs, ...params } = job.params
  const isWaitingAgain = job.state === 'waiting' && job.attempt > 0
  return {
    job_uid: job.jobUid,
    job_id: job.jobUid,
    function: job.function,
    params,
    state: job.state,
    progresses: job.progresses,
    ...accountOf({ ...job, now }),
    ...(job.result === null ? {} : { result: resultIn(language, job.result) }),
    ...(job.error === null ? {} : failureOf(job.error, job.progresses, language)),
    dataset_uid: job.subject,
    dataset_id: datasetId,
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    attempts: job.attempts.map(({ attempt, at, error }) => ({
      attempt,
      ended_at: formatInstant(at),
      error: managementError(fromErrorValue(error), language) as JsonObject,
    })),
    ...(isWaitingAgain ? { next_attempt_at: formatInstant(job.runAfterAt) } : {}),
    created_at: formatInstant(job.createdAt),
    started_at: job.startedAt === null ? null : formatInstant(job.startedAt),
    finished_at: job.finishedAt === null ? null : formatInstant(job.finishedAt),
    user: { username: job.username },
  }
}

/** What a publish has to say of its way; other jobs take milliseconds. */
function accountOf(job: {
  readonly function: string
  readonly state: string
  readonly progresses: readonly JsonValue[]
  readonly expectation: JsonObject | null
  readonly now: number
}): JsonObject {
  if (job.function !== 'publish') return {}
  const steps = job.progresses as readonly JsonObject[]
  const isOver = job.state === 'done' || job.state === 'error'
  const estimate = isOver ? null : estimateOf(job.expectation, steps, job.now)
  return { phases: phasesOf(steps, job.state), ...(estimate === null ? {} : { estimate }) }
}

/** What to do where the error itself has no hint. */
const advice: Readonly<Record<Language, Readonly<Record<'wait' | 'change' | 'repeat', string>>>> = {
  en: {
    wait: 'It was tried again and failed each time; publish again when the source answers',
    change: 'Change the source or the configuration, then order the action again',
    repeat: 'Order the action again; if it fails again, the server log names the cause under this job id',
  },
  fr: {
    wait: setFrench('Plusieurs essais ont échoué ; republiez quand la source répondra'),
    change: 'Changez la source ou la configuration, puis relancez l’action',
    repeat: setFrench(
      'Relancez l’action ; si elle échoue encore, le journal du serveur nomme la cause sous cet identifiant de tâche',
    ),
  },
}

function failureOf(value: ErrorValue, progresses: readonly JsonValue[], language: Language): JsonObject {
  const last = progresses.at(-1) as JsonObject | undefined
  const error = fromErrorValue(value)
  const { status } = errorSpec(error.key)
  const { message, hint } = wordsOf(error, language)
  const todo = advice[language][isTransient(value) ? 'wait' : status < 500 ? 'change' : 'repeat']
  return {
    error: managementError(error, language) as JsonObject,
    cause: {
      phase: last?.step ?? 'start',
      resource_uid: last?.resource_uid ?? null,
      what: message,
      what_to_do: hint === '' ? todo : hint,
      transient: isTransient(value),
    },
  }
}

/** What the data of an event is, on a stream and in a webhook. */
export function printEvent(event: JobEvent, language: Language): JsonObject {
  const { error, cause, result, next_attempt_at, progresses, ...facts } = event.data
  const base: JsonObject = {
    id: event.number,
    type: event.kind,
    at: new Date(event.at).toISOString(),
    dataset_uid: event.subject,
  }
  if (!event.kind.startsWith('job.')) {
    return { ...base, ...(event.jobUid === '' ? {} : { job_id: event.jobUid }), ...facts }
  }
  const steps = (progresses ?? []) as JsonValue[]
  const account = accountOf({
    function: event.function ?? '',
    state: String(facts.state),
    progresses: steps,
    expectation: event.expectation,
    now: event.at,
  })
  return {
    ...base,
    job_id: event.jobUid,
    function: event.function,
    user: event.username === null ? null : { username: event.username },
    ...facts,
    progresses: steps,
    ...account,
    ...(result === undefined ? {} : { result: resultIn(language, result as JsonObject) }),
    ...(error === undefined ? {} : failureOf(error as unknown as ErrorValue, steps, language)),
    ...(cause === undefined
      ? {}
      : { earlier: managementError(fromErrorValue(cause as unknown as ErrorValue), language) as JsonObject }),
    ...(next_attempt_at === undefined ? {} : { next_attempt_at: formatInstant(Number(next_attempt_at)) }),
  }
}

/** What came of a job: words are what it tells of gates, and of datasets of a harvester. */
function resultIn(language: Language, result: JsonObject): JsonObject {
  if (result.gates !== undefined) return { ...result, gates: gateFailuresIn(language, result.gates) }
  return result.harvester_id === undefined ? result : harvestReportIn(language, result)
}

/** An error that is kept, in words. */
export function inWords(value: ErrorValue, language: Language): string {
  return wordsOf(fromErrorValue(value), language).message
}
