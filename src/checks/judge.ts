/** Gates against what was measured: numbers in, verdicts out. */
import type { Field, JsonValue } from '../kernel/index.ts'
import { compareFields, pairFields } from './fields.ts'
import type { Gates } from './gates.ts'

/** What is known of one generation. */
export interface Measured {
  readonly recordsCount: number
  readonly fields: readonly Field[]
  /** Records with a value, by field; null when no gate needed it. */
  readonly known: Readonly<Record<string, number>> | null
}

/** Values of one field against its range: how many lie outside, and the extremes; null: it is no number and no date. */
export type RangeFact = { readonly outside: number; readonly min: JsonValue; readonly max: JsonValue } | null

export interface GateFacts {
  readonly built: Measured
  /** What readers have now; null: nothing, and only the absolute gates count. */
  readonly previous: Measured | null
  /** Records that share a key with another, in the order of the gate's keys; null: a field of it is missing. */
  readonly doubled: readonly (number | null)[]
  /** By field; absent: the field is missing. */
  readonly ranges: Readonly<Record<string, RangeFact>>
  /** Values that do not match, by field; absent: the field is missing. */
  readonly mismatched: Readonly<Record<string, number>>
}

/** A gate that a publish did not pass. `limit`, `was`, `is` are of the gate's own unit; null where there is none. */
export interface GateFailure {
  readonly gate: string
  readonly field?: string
  readonly limit: JsonValue
  readonly was: JsonValue
  readonly is: JsonValue
  readonly message: string
}

/** Whether the records themselves must be looked at: the rest is in the manifests. */
export function needsRecords(gates: Gates, hasPrevious: boolean): boolean {
  const judgesNulls =
    gates.null_share_points !== null ||
    Object.values(gates.null_share_points_by_field).some((points) => points !== null)
  return (
    (hasPrevious && judgesNulls) ||
    gates.required_fields.length > 0 ||
    gates.unique_keys.length > 0 ||
    Object.keys(gates.ranges).length > 0 ||
    Object.keys(gates.patterns).length > 0
  )
}

/** In the order of the gates' table, fields in their own. Growth passes every relative gate. */
export function judge(gates: Gates, facts: GateFacts): GateFailure[] {
  const { previous } = facts
  return [
    ...(previous ? [...recordLoss(gates, previous, facts.built)] : []),
    ...minRecords(gates, facts.built),
    ...(previous ? [...fieldGates(gates, previous, facts.built)] : []),
    ...(previous ? [...nullShares(gates, previous, facts.built)] : []),
    ...requiredFields(gates, previous, facts.built),
    ...uniqueKeys(gates, facts),
    ...ranges(gates, facts),
    ...patterns(gates, facts),
  ]
}

const count = (value: number) => value.toLocaleString('en-US')
const tidy = (value: number) => Math.round(value * 100) / 100

function* recordLoss(gates: Gates, previous: Measured, built: Measured): Generator<GateFailure> {
  const limit = gates.record_loss_percent
  const lost = previous.recordsCount - built.recordsCount
  if (limit === null || lost <= 0) return
  const percent = (lost * 100) / previous.recordsCount
  if (percent <= limit) return
  yield {
    gate: 'record_loss_percent',
    limit,
    was: previous.recordsCount,
    is: built.recordsCount,
    message: `${count(lost)} of ${count(previous.recordsCount)} records are gone (${tidy(percent)} %); at most ${limit} % may go`,
  }
}

function* minRecords(gates: Gates, built: Measured): Generator<GateFailure> {
  const limit = gates.min_records
  if (limit === null || built.recordsCount >= limit) return
  yield {
    gate: 'min_records',
    limit,
    was: null,
    is: built.recordsCount,
    message: `There are ${count(built.recordsCount)} records; at least ${count(limit)} are needed`,
  }
}

function* fieldGates(gates: Gates, previous: Measured, built: Measured): Generator<GateFailure> {
  const changes = compareFields(previous.fields, built.fields)
  if (gates.field_lost) {
    for (const { name, type } of changes.removed) {
      yield {
        gate: 'field_lost',
        field: name,
        limit: null,
        was: type,
        is: null,
        message: `Field ${name} is gone`,
      }
    }
  }
  if (gates.type_changed) {
    for (const { name, from, to } of changes.retyped) {
      yield {
        gate: 'type_changed',
        field: name,
        limit: null,
        was: from,
        is: to,
        message: `Field ${name} was ${from} and is ${to}`,
      }
    }
  }
}

function* nullShares(gates: Gates, previous: Measured, built: Measured): Generator<GateFailure> {
  if (previous.recordsCount === 0 || built.recordsCount === 0) return
  for (const { to } of pairFields(previous.fields, built.fields)) {
    const own = gates.null_share_points_by_field[to.name]
    const limit = own === undefined ? gates.null_share_points : own
    if (limit === null || previous.known === null || built.known === null) continue
    const was = nullPercent(previous, to.name)
    const is = nullPercent(built, to.name)
    if (is - was <= limit) continue
    yield {
      gate: 'null_share_points',
      field: to.name,
      limit,
      was: tidy(was),
      is: tidy(is),
      message: `Field ${to.name} was null in ${tidy(was)} % of the records and is in ${tidy(is)} %; it may rise by ${limit} points`,
    }
  }
}

function nullPercent(side: Measured, name: string): number {
  return 100 - ((side.known?.[name] ?? 0) * 100) / side.recordsCount
}

function* requiredFields(gates: Gates, previous: Measured | null, built: Measured): Generator<GateFailure> {
  for (const name of gates.required_fields) {
    const known = built.known?.[name]
    const wasKnown = previous?.known?.[name]
    const was = wasKnown === undefined ? null : previous!.recordsCount - wasKnown
    const base = { gate: 'required_fields', field: name, limit: 0, was }
    if (known === undefined) yield { ...base, is: null, message: `Field ${name} is not there` }
    else if (known < built.recordsCount) {
      const missing = built.recordsCount - known
      yield { ...base, is: missing, message: `Field ${name} is null in ${count(missing)} records` }
    }
  }
}

function* uniqueKeys(gates: Gates, facts: GateFacts): Generator<GateFailure> {
  for (const [index, key] of gates.unique_keys.entries()) {
    const doubled = facts.doubled[index] ?? null
    if (doubled === 0) continue
    const names = key.join(', ')
    yield {
      gate: 'unique_keys',
      field: names,
      limit: 0,
      was: null,
      is: doubled,
      message:
        doubled === null
          ? `The key ${names} names a field that is not there`
          : `${count(doubled)} records share their ${names} with another`,
    }
  }
}

function* ranges(gates: Gates, facts: GateFacts): Generator<GateFailure> {
  for (const [name, { min, max }] of Object.entries(gates.ranges)) {
    const fact = facts.ranges[name]
    if (fact && fact.outside === 0) continue
    const base = { gate: 'ranges', field: name, limit: { min, max }, was: null }
    if (fact === undefined) yield { ...base, is: null, message: `Field ${name} is not there` }
    else if (fact === null)
      yield { ...base, is: null, message: `The values of ${name} cannot be compared with the range` }
    else {
      const is = { outside: fact.outside, min: fact.min, max: fact.max }
      const message = `${count(fact.outside)} values of ${name} are outside ${min ?? '…'} to ${max ?? '…'}; they go from ${fact.min} to ${fact.max}`
      yield { ...base, is, message }
    }
  }
}

function* patterns(gates: Gates, facts: GateFacts): Generator<GateFailure> {
  for (const [name, limit] of Object.entries(gates.patterns)) {
    const mismatched = facts.mismatched[name]
    if (mismatched === 0) continue
    yield {
      gate: 'patterns',
      field: name,
      limit,
      was: null,
      is: mismatched ?? null,
      message:
        mismatched === undefined
          ? `Field ${name} is not there`
          : `${count(mismatched)} records have a ${name} that does not match`,
    }
  }
}
