/**
 * The error catalogue's machinery. Each room lists its errors in one table under `errors/`; the parameters of an
 * error are read from the `{placeholders}` of its message and hint by the type system, so that an error cannot be
 * raised without its facts. Rendering to HTTP happens in one place, `http/error-rendering.ts`.
 *
 * Keys are public (`room.what_went_wrong`): never reused, renamed only with a changelog line.
 * docs/errors.md is generated from these tables.
 */
import { accessErrors } from './errors/access.ts'
import { actionErrors } from './errors/actions.ts'
import { catalogErrors } from './errors/catalog.ts'
import { checkErrors } from './errors/checks.ts'
import { damageErrors } from './errors/damage.ts'
import { engineErrors } from './errors/engine.ts'
import { exportErrors } from './errors/exports.ts'
import { harvestErrors } from './errors/harvest.ts'
import { httpErrors } from './errors/http.ts'
import { ingestErrors } from './errors/ingest.ts'
import { jobErrors } from './errors/jobs.ts'
import { odsqlErrors } from './errors/odsql.ts'
import { pagesErrors } from './errors/pages.ts'
import { realtimeErrors } from './errors/realtime.ts'
import { recordErrors } from './errors/records.ts'
import { scheduleErrors } from './errors/schedules.ts'
import type { ErrorSpec } from './errors/spec.ts'
import { subscriptionErrors } from './errors/subscriptions.ts'
import { webhookErrors } from './errors/webhooks.ts'

export const errorCatalogue = {
  ...accessErrors,
  ...actionErrors,
  ...catalogErrors,
  ...checkErrors,
  ...damageErrors,
  ...engineErrors,
  ...exportErrors,
  ...harvestErrors,
  ...httpErrors,
  ...ingestErrors,
  ...jobErrors,
  ...odsqlErrors,
  ...pagesErrors,
  ...realtimeErrors,
  ...recordErrors,
  ...scheduleErrors,
  ...subscriptionErrors,
  ...webhookErrors,
} as const

export type ErrorKey = keyof typeof errorCatalogue
type Catalogue = typeof errorCatalogue

type Placeholders<S> = S extends `${string}{${infer P}}${infer Rest}` ? P | Placeholders<Rest> : never
type ParamNames<K extends ErrorKey> =
  | Placeholders<Catalogue[K]['message']>
  | (Catalogue[K] extends { hint: infer H } ? Placeholders<H> : never)

export type ErrorParamValue = string | number | boolean | null
/** The parameters of error `K`: one per placeholder of its message and hint. */
export type ErrorParams<K extends ErrorKey> = Record<ParamNames<K>, ErrorParamValue>

/** An error as plain data: what is stored with a job, sent between processes and rendered to clients. */
export interface ErrorValue {
  readonly key: ErrorKey
  readonly params: Readonly<Record<string, ErrorParamValue>>
}

/**
 * An expected failure, typed by key. Rooms that do I/O throw it (see docs/decisions/0002-expected-failures.md);
 * pure rooms return it as a value.
 */
export class AppError<K extends ErrorKey = ErrorKey> extends Error {
  readonly key: K
  readonly params: Readonly<Record<string, ErrorParamValue>>
  /** Several faults of one request, when it has more than one (bulk updates). */
  readonly errors: readonly AppError[]

  constructor(key: K, params: ErrorParams<K>, errors: readonly AppError[] = []) {
    super(formatTemplate(errorCatalogue[key].message, params))
    this.name = 'AppError'
    this.key = key
    this.params = params
    this.errors = errors
  }
}

export function toErrorValue(error: AppError): ErrorValue {
  return { key: error.key, params: error.params }
}

/** The error of a stored or transmitted value; a key that this release does not know becomes an internal error. */
export function fromErrorValue(value: ErrorValue): AppError {
  if (!Object.hasOwn(errorCatalogue, value.key)) return new AppError('http.internal', {})
  return new AppError(value.key, value.params as never)
}

export function errorSpec(key: ErrorKey): ErrorSpec {
  return errorCatalogue[key]
}

/** `message` or `hint` of an error, placeholders filled. An unknown placeholder stays as it is. */
export function formatTemplate(template: string, params: Readonly<Record<string, ErrorParamValue>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  )
}
