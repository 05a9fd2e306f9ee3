/**
 * A pipeline as it is often written: record by record, an object that every step changes, expressions walked as trees. It
 * does what the builder does to a record: runs the steps, converts every field to its type, keeps what could not be
 * converted as errors. It is given the types, where the builder finds them out; it makes no ids, no digests and no index,
 * and nothing is copied that need not be.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { safeFieldName } from '../../src/kernel/index.ts'
import type { Step } from '../sections/pipeline.ts'
import { interpreted, momentOf, type Scalar, type Scope } from './interpreted-expressions.ts'

interface Point {
  readonly lon: number
  readonly lat: number
}
type Value = Scalar | Point
type OpenRecord = Record<string, Value>

interface RecordError {
  readonly record: number
  readonly field: string
  readonly value: string
  readonly reason: string
}

/** Kept with their values; all are counted. As the builder does it. */
const mostErrors = 1000

interface Run {
  record: number
  errors: number
  readonly samples: RecordError[]
}

/** Changes a record; false: it is left out. */
type Change = (record: OpenRecord, run: Run) => boolean

export interface Interpreted {
  readonly ms: number
  readonly processorSeconds: number
  readonly records: number
  readonly errors: number
}

/** Reads a CSV file, runs the steps over every record and writes JSON lines. `types`: of the fields behind the steps. */
export async function interpret(
  source: string,
  target: string,
  steps: readonly Step[],
  types: ReadonlyMap<string, string>,
): Promise<Interpreted> {
  const changes = steps.map(changeOf)
  const startedAt = performance.now()
  const used = process.cpuUsage()
  const out = createWriteStream(target, { highWaterMark: 1 << 20 })
  const run: Run = { record: 0, errors: 0, samples: [] }
  let names: string[] | null = null
  let records = 0
  let lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(source, { highWaterMark: 1 << 20 }) })) {
    const values = cells(line)
    if (names === null) {
      const taken = new Set<string>()
      names = values.map((value) => safeFieldName(value ?? '', taken))
      continue
    }
    run.record++
    const record: OpenRecord = {}
    for (const [index, name] of names.entries()) record[name] = values[index] ?? null
    if (!changes.every((change) => change(record, run))) continue
    for (const [name, type] of types) record[name] = typed(record[name] ?? null, type, name, run)
    records++
    lines.push(JSON.stringify(record))
    if (lines.length < 1000) continue
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain')
    lines = []
  }
  out.end(lines.length > 0 ? `${lines.join('\n')}\n` : '')
  await once(out, 'finish')
  const { user, system } = process.cpuUsage(used)
  const ms = performance.now() - startedAt
  return { ms, processorSeconds: (user + system) / 1e6, records, errors: run.errors }
}

function cells(line: string): (string | null)[] {
  if (!line.includes('"')) return line.split(',').map((cell) => (cell === '' ? null : cell))
  const found: (string | null)[] = []
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    found.push((quoted?.replaceAll('""', '"') ?? plain) || null)
  return found
}

function fail(run: Run, field: string, value: string, reason: string): null {
  run.errors++
  if (run.samples.length < mostErrors) run.samples.push({ record: run.record, field, value, reason })
  return null
}

function typed(value: Value, type: string, field: string, run: Run): Value {
  if (value === null || typeof value !== 'string') return value
  switch (type) {
    case 'int':
      return /^-?[0-9]+$/.test(value) ? Number(value) : fail(run, field, value, 'conversion')
    case 'double': {
      const number = Number(value)
      return Number.isFinite(number) ? number : fail(run, field, value, 'conversion')
    }
    case 'datetime': {
      const moment = momentOf(value)
      if (moment === null) return fail(run, field, value, 'conversion')
      return new Date(moment).toISOString().replace('.000Z', '+00:00')
    }
    case 'geo_point_2d': {
      const [lat, lon] = value.split(',').map(Number)
      return pointOf(lat, lon) ?? fail(run, field, value, 'conversion')
    }
    default:
      return value
  }
}

function pointOf(lat = Number.NaN, lon = Number.NaN): Point | null {
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lon, lat } : null
}

const textIn = (record: OpenRecord, field: string): string | null => {
  const value = record[field]
  return value === null || value === undefined ? null : String(value)
}

function changeOf({ name, args }: Step): Change {
  const arg = (key: string) => String(args[key] ?? '')
  const [field, output] = [arg('field'), arg('output_field')]
  const fields = (args.fields ?? []) as readonly string[]
  /** Steps that change the text of fields; what is empty becomes null. */
  const texts =
    (
      names: readonly string[],
      target: (name: string) => string,
      change: (text: string) => string | undefined,
    ) =>
    (record: OpenRecord) => {
      for (const one of names) {
        const text = textIn(record, one)
        record[target(one)] = (text === null ? null : change(text)) || null
      }
      return true
    }
  const same = (one: string) => one
  switch (name) {
    case 'string_replace':
      return texts([field], same, (text) => text.replaceAll(arg('old'), arg('new')))
    case 'regexp_replace': {
      const pattern = new RegExp(arg('regexp'), 'g')
      return texts([field], same, (text) => text.replace(pattern, arg('new')))
    }
    case 'string_extractor': {
      const pattern = new RegExp(arg('regexp').replaceAll('(?P<', '(?<'))
      return texts(
        [field],
        () => 'code',
        (text) => pattern.exec(text)?.groups?.code,
      )
    }
    case 'concat':
      return (record) => {
        const pieces = [textIn(record, arg('left')), textIn(record, arg('right'))]
        record[output] = pieces.filter((piece) => piece !== null).join(arg('separator')) || null
        return true
      }
    case 'split':
      return texts(
        [field],
        () => output,
        (text) => text.split(arg('separator'))[Number(args.index) - 1],
      )
    case 'unicode_normalize':
      return texts(fields, same, (text) => text.normalize('NFC'))
    case 'deduplicate_multivalued':
      return texts(
        [field],
        () => output,
        (text) => {
          const pieces = text.split(arg('separator')).map((piece) => piece.trim())
          return [...new Set(pieces.filter((piece) => piece !== ''))].join(arg('separator'))
        },
      )
    case 'create_geopoint':
      return (record, run) => {
        const [lat, lon] = [textIn(record, arg('latitude')), textIn(record, arg('longitude'))]
        const isThere = lat !== null || lon !== null
        const point = pointOf(
          lat === null ? Number.NaN : Number(lat),
          lon === null ? Number.NaN : Number(lon),
        )
        if (isThere && point === null) fail(run, output, `${lat}, ${lon}`, 'not a latitude and a longitude')
        record[output] = point
        return true
      }
    case 'convert_number':
      return (record, run) => {
        const text = textIn(record, field)
        const number =
          text === null ? null : Number(text.replace(/[ ,'\u00a0\u202f\u2019]/g, '') || Number.NaN)
        record[field] =
          number === null || Number.isFinite(number) ? number : fail(run, field, text!, 'not a number')
        return true
      }
    case 'expression': {
      const value = interpreted(arg('expression'))
      return (record, run) => {
        record[output] = notEmpty(value(scopeOf(record, run)))
        return true
      }
    }
    case 'meta_expression': {
      const value = interpreted(arg('expression'))
      return (record, run) => {
        for (const one of fields) record[one] = notEmpty(value(scopeOf(record, run, one)))
        return true
      }
    }
    case 'skip_record': {
      const isSkipped = interpreted(arg('value').slice(1))
      return (record, run) => isSkipped(scopeOf(record, run)) !== true
    }
    default:
      throw new Error(`no interpretation of ${name}`)
  }
}

const notEmpty = (value: Scalar): Scalar => (value === '' ? null : value)

/** `x`: the field that X stands for. */
function scopeOf(record: OpenRecord, run: Run, x?: string): Scope {
  return {
    field: (name) => (record[name === 'X' && x !== undefined ? x : name] as Scalar | undefined) ?? null,
    fail: (name, value, reason) => fail(run, name, value, reason),
  }
}
