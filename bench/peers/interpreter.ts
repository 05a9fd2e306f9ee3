/**
 * A pipeline as it is often written: record by record, each step a function that takes the record and gives it on. Plain
 * objects, no dates or numbers parsed that no step needs; the advantage that it converts no types and keeps no errors.
 */

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { safeFieldName } from '../../src/kernel/index.ts'
import type { Step } from '../sections/pipeline.ts'

type PlainRecord = Record<string, string | null>
type Change = (record: PlainRecord) => PlainRecord | null

/** Reads a CSV file, runs the steps over every record and writes JSON lines. */
export async function interpret(
  source: string,
  target: string,
  steps: readonly Step[],
): Promise<{ ms: number; records: number }> {
  const changes = steps.map(changeOf)
  const startedAt = performance.now()
  const out = createWriteStream(target, { highWaterMark: 1 << 20 })
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
    let record: PlainRecord | null = {}
    for (const [index, name] of names.entries()) record[name] = values[index] ?? null
    for (const change of changes) {
      record = change(record)
      if (record === null) break
    }
    if (record === null) continue
    records++
    lines.push(JSON.stringify(record))
    if (lines.length < 1000) continue
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain')
    lines = []
  }
  out.end(`${lines.join('\n')}\n`)
  await once(out, 'finish')
  return { ms: performance.now() - startedAt, records }
}

function cells(line: string): (string | null)[] {
  if (!line.includes('"')) return line.split(',').map((cell) => (cell === '' ? null : cell))
  const found: (string | null)[] = []
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    found.push((quoted?.replaceAll('""', '"') ?? plain) || null)
  return found
}

const text = (value: unknown) => (value === '' || value === undefined ? null : (value as string | null))
const capitalized = (value: string) => value.slice(0, 1).toUpperCase() + value.slice(1).toLowerCase()

/** The expressions of the benchmark, written out: an interpreter of the language itself would be slower still. */
const expressions: Readonly<Record<string, (record: PlainRecord, x: string | null) => unknown>> = {
  "capitalize(complaint_type) & ' / ' & lower(descriptor)": ({ complaint_type, descriptor }) =>
    `${capitalized(complaint_type ?? '')} / ${(descriptor ?? '').toLowerCase()}`,
  "status == 'Closed' ? 'no' : 'yes'": ({ status }) => (status === 'Closed' ? 'no' : 'yes'),
  'x_coordinate * 0.3048': ({ x_coordinate }) => scaled(x_coordinate),
  'round(y_coordinate * 0.3048, 1)': ({ y_coordinate }) => {
    const value = scaled(y_coordinate)
    return value === null ? null : String(Math.round(Number(value) * 10) / 10)
  },
  "datediff(created_date, closed_date, 'hour')": ({ created_date, closed_date }) => {
    const hours = Math.trunc((Date.parse(closed_date ?? '') - Date.parse(created_date ?? '')) / 3_600_000)
    return Number.isNaN(hours) ? null : String(hours)
  },
  'ifnull(landmark, upper(street_name))': ({ landmark, street_name }) =>
    landmark ?? street_name?.toUpperCase(),
  'trim(X)': (_record, x) => x?.trim(),
  "X == 'Unspecified' ? null : X": (_record, x) => (x === 'Unspecified' ? null : x),
  'length(unique_key) < 3': ({ unique_key }) => (unique_key ?? '').length < 3,
}

function scaled(value: string | null | undefined): string | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value.trim().replace(',', '.'))
  return Number.isFinite(number) ? String(number * 0.3048) : null
}

function changeOf({ name, args }: Step): Change {
  const arg = (key: string) => String(args[key] ?? '')
  const fields = (args.fields ?? []) as readonly string[]
  const set = (record: PlainRecord, field: string, value: unknown) => ({ ...record, [field]: text(value) })
  switch (name) {
    case 'string_replace':
      return (record) => set(record, arg('field'), record[arg('field')]?.replaceAll(arg('old'), arg('new')))
    case 'regexp_replace': {
      const pattern = new RegExp(arg('regexp'), 'g')
      return (record) => set(record, arg('field'), record[arg('field')]?.replace(pattern, arg('new')))
    }
    case 'string_extractor': {
      const pattern = new RegExp(arg('regexp').replaceAll('(?P<', '(?<'))
      return (record) => set(record, 'code', pattern.exec(record[arg('field')] ?? '')?.groups?.code)
    }
    case 'concat':
      return (record) =>
        set(
          record,
          arg('output_field'),
          [record[arg('left')], record[arg('right')]].filter(Boolean).join(arg('separator')),
        )
    case 'split':
      return (record) =>
        set(
          record,
          arg('output_field'),
          record[arg('field')]?.split(arg('separator'))[Number(args.index) - 1],
        )
    case 'create_geopoint':
      return (record) => {
        const [lat, lon] = [Number(record.latitude), Number(record.longitude)]
        const isValid = Math.abs(lat) <= 90 && Math.abs(lon) <= 180
        return set(record, arg('output_field'), isValid ? `${lat},${lon}` : null)
      }
    case 'expression': {
      const value = expressions[arg('expression')]!
      return (record) => set(record, arg('output_field'), value(record, null))
    }
    case 'meta_expression': {
      const value = expressions[arg('expression')]!
      return (record) => ({
        ...record,
        ...Object.fromEntries(fields.map((field) => [field, text(value(record, record[field] ?? null))])),
      })
    }
    case 'unicode_normalize':
      return (record) => ({
        ...record,
        ...Object.fromEntries(fields.map((field) => [field, text(record[field]?.normalize('NFC'))])),
      })
    case 'convert_number':
      return (record) => {
        const number = Number((record[arg('field')] ?? '').replace(/[ ,']/g, '') || Number.NaN)
        return set(record, arg('field'), Number.isFinite(number) ? String(number) : null)
      }
    case 'deduplicate_multivalued':
      return (record) => {
        const pieces = record[arg('field')]?.split(arg('separator')).map((piece) => piece.trim())
        return set(record, arg('output_field'), pieces && [...new Set(pieces)].join(arg('separator')))
      }
    case 'skip_record': {
      const isSkipped = expressions[arg('value').slice(1)]!
      return (record) => (isSkipped(record, null) ? null : record)
    }
    default:
      throw new Error(`no interpretation of ${name}`)
  }
}
