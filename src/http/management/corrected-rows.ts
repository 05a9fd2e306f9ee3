/**
 * Rejected rows that have been corrected, as sources of their own: what `GET .../rejects` gives, with `raw` mended, becomes
 * one small file for each resource that the rows came from, in that resource's format.
 */
import type { ConfiguredResource } from '../../catalog/index.ts'
import { parseCsv } from '../../ingest/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'

export interface CorrectedRow {
  readonly resourceUid: string
  readonly raw: string
}

export interface CorrectedSource {
  readonly content: string
  readonly filename: string
  readonly mimetype: string
  readonly type: string
  readonly params: JsonObject
}

/** Rows of a CSV file, or of JSON lines, with `resource_uid` and `raw`. Errors: catalog.rejects_unreadable. */
export function parseRows(text: string): CorrectedRow[] {
  const rows = text.trimStart().startsWith('{') ? parseLines(text) : parseTable(text)
  if (rows.length === 0) throw unreadable('it has no rows')
  return rows
}

function parseTable(text: string): CorrectedRow[] {
  const [heads, ...rows] = parseCsv(text) ?? []
  if (!heads) throw unreadable('it is neither CSV nor JSON lines')
  const [uidAt, rawAt] = [heads.indexOf('resource_uid'), heads.indexOf('raw')]
  if (uidAt < 0 || rawAt < 0) throw unreadable('it needs the columns resource_uid and raw')
  return rows
    .map((row) => ({ resourceUid: row[uidAt] ?? '', raw: row[rawAt] ?? '' }))
    .filter(({ resourceUid, raw }) => resourceUid !== '' && raw.trim() !== '')
}

function parseLines(text: string): CorrectedRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      try {
        const { resource_uid, raw } = JSON.parse(line) as JsonObject
        if (typeof resource_uid === 'string' && typeof raw === 'string')
          return { resourceUid: resource_uid, raw }
      } catch {
        // Said below.
      }
      throw unreadable(`line ${index + 1} is no JSON object with resource_uid and raw`)
    })
}

/** `labels`: of the resource's columns, as its preview has them. Errors: catalog.rejects_unreadable. */
export function sourceOf(
  resource: ConfiguredResource,
  labels: readonly string[],
  raws: readonly string[],
): CorrectedSource {
  const { type, params } = resource
  const name = resource.title.replace(/\.[a-z]{1,8}(\.gz)?$/i, '') || resource.resource_uid
  const filename = (extension: string) => `${name}-corrected.${extension}`
  switch (type) {
    case 'csvfile': {
      const separator = textOf(params.separator) ?? likelySeparator(raws, labels.length)
      const hasHeading = params.headers_first_row !== false
      const heading = labels.map((label) => quoted(label, separator)).join(separator)
      return {
        content: `${[...(hasHeading ? [heading] : []), ...raws].join('\n')}\n`,
        filename: filename('csv'),
        mimetype: 'text/csv',
        type,
        params: { ...pick(params, ['doublequote', 'escapechar']), separator, headers_first_row: hasHeading },
      }
    }
    case 'jsonl':
      return {
        content: `${raws.map(onOneLine).join('\n')}\n`,
        filename: filename('jsonl'),
        mimetype: 'application/x-ndjson',
        type,
        params: pick(params, ['object']),
      }
    case 'jsonfile':
      return {
        content: `[${raws.join(',\n')}]\n`,
        filename: filename('json'),
        mimetype: 'application/json',
        type,
        params: pick(params, ['object']),
      }
    case 'geojson':
      return {
        content: `{"type": "FeatureCollection", "features": [${raws.join(',\n')}]}\n`,
        filename: filename('geojson'),
        mimetype: 'application/geo+json',
        type,
        params: pick(params, ['epsg']),
      }
    default:
      throw unreadable(
        `rows of ${resource.resource_uid}, which is read by ${type}, cannot be given back one by one`,
      )
  }
}

/** JSON as it was, on one line; not by an expression, which would try every way to share out the spaces. */
function onOneLine(raw: string): string {
  const lines = raw.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '').join(' ')
}

/** Of the separators that are tried, the one that cuts most rows into as many values as there are columns. */
function likelySeparator(raws: readonly string[], columns: number): string {
  const fits = (separator: string) => raws.filter((raw) => valuesIn(raw, separator) === columns).length
  const [best] = [',', ';', '\t', '|']
    .map((separator) => ({ separator, count: fits(separator) }))
    .sort((a, b) => b.count - a.count)
  return best!.separator
}

function valuesIn(raw: string, separator: string): number {
  let count = 1
  let isQuoted = false
  for (const char of raw) {
    if (char === '"') isQuoted = !isQuoted
    else if (char === separator && !isQuoted) count++
  }
  return count
}

function quoted(label: string, separator: string): string {
  return label.includes(separator) || /["\r\n]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

function pick(params: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (params[name] === undefined ? [] : [[name, params[name]]])),
  )
}

export function unreadable(reason: string): AppError {
  return new AppError('catalog.rejects_unreadable', { reason })
}
