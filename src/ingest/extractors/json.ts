/** JSON arrays, JSON lines and GeoJSON: one document a line after slicing, columns by member name. */
import type { Connection } from '../../engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { openText } from '../bytes/open-source.ts'
import { maxRecordBytes, type Slice } from '../slices/slice.ts'
import { sliceJson } from '../slices/slice-json.ts'
import { sliceLines } from '../slices/slice-lines.ts'
import { type InferredType, shapeFromText } from '../types/types.ts'
import {
  booleanParameter,
  encodingParameter,
  extractFilename,
  integerParameter,
  textParameter,
} from './parameters.ts'
import type { Extractor, RawColumn, ReaderContext, SourceReader } from './reader.ts'

const maxMembers = 2000

const rootParameter = {
  name: 'root',
  label: 'Path of the records',
  type: 'text' as const,
  description:
    'Member names from the top to the array of records, joined by dots; empty when the file is the array',
  default: null,
  is_mandatory: false,
}

export const jsonExtractor: Extractor = {
  type: 'jsonfile',
  label: 'JSON file',
  parameters: [rootParameter, objectParameter(), encodingParameter, extractFilename],
  open: (context) => openJson(context, 'array'),
}

export const jsonLinesExtractor: Extractor = {
  type: 'jsonl',
  label: 'JSON lines file',
  parameters: [objectParameter(), encodingParameter, extractFilename],
  open: (context) => openJson(context, 'lines'),
}

export const geojsonExtractor: Extractor = {
  type: 'geojson',
  label: 'GeoJSON file',
  parameters: [
    {
      name: 'epsg',
      label: 'Projection',
      type: 'int',
      description: 'EPSG code of the coordinates; 4326 (longitude, latitude) as the standard prescribes',
      default: 4326,
      is_mandatory: false,
      choices: ['4326'],
    },
    extractFilename,
  ],
  open: (context) => openJson(context, 'geojson'),
}

function objectParameter() {
  return {
    name: 'object',
    label: 'Path inside each record',
    type: 'text' as const,
    description: 'Member names from the record to the object that holds its values, joined by dots',
    default: null,
    is_mandatory: false,
  }
}

type Layout = 'array' | 'lines' | 'geojson'

interface Member {
  readonly key: string
  readonly column: RawColumn
}

async function openJson(context: ReaderContext, layout: Layout): Promise<SourceReader> {
  const { source } = context
  const opened = await openText({
    path: source.path,
    filename: source.filename,
    encoding: textParameter(source.params, 'encoding'),
    maxBytes: context.maxSourceBytes,
  })
  if (source.bytes === 0) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  integerParameter(source.params, 'epsg', 4326)
  const objectPath = pathOf(textParameter(source.params, 'object'))
  const base =
    layout === 'geojson' ? '$.properties' : `$${objectPath.map((name) => `.${quoteMember(name)}`).join('')}`
  // A second pass starts with every member the first one met, so that all its slices have the same columns.
  const { members, taken } = remember(context.memory, layout)
  const known = new Set(members.map((member) => member.key))
  const hasFilename = booleanParameter(source.params, 'extract_filename', false)
  if (hasFilename) taken.add('source_filename')
  const filenameColumn: RawColumn = {
    name: 'source_filename',
    label: 'filename',
    engineType: 'VARCHAR',
    candidates: [],
  }

  function columns(): RawColumn[] {
    const list = members.map((member) => member.column)
    if (layout === 'geojson') list.push(shapeColumn, pointColumn)
    if (hasFilename) list.push(filenameColumn)
    return list
  }

  function slices(): AsyncIterable<Slice> {
    const options = {
      directory: context.tmpDirectory,
      prefix: context.prefix,
      sliceBytes: context.sliceBytes,
      filename: source.filename,
    }
    if (layout === 'lines') return sliceLines(opened, options)
    const root = layout === 'geojson' ? ['features'] : pathOf(textParameter(source.params, 'root'))
    return sliceJson(opened, { ...options, root })
  }

  async function load(connection: Connection, slice: Slice) {
    const table = quoteIdentifier(`lines_${context.prefix}_${slice.index}`)
    // One column, no delimiter and no quote: a line is a line.
    await connection.run(
      `create temp table ${table} as
       select row_number() over () as line, body, case when json_valid(body) then body::json end as json
       from read_csv(${quoteLiteral(slice.path)}, columns = {'body': 'VARCHAR'}, delim = '', quote = '', escape = '',
         header = false, auto_detect = false, parallel = false, strict_mode = false,
         max_line_size = ${maxRecordBytes + 1}, buffer_size = ${2 * maxRecordBytes + 2})
       where body is not null and trim(body) <> ''`,
    )
    const isObject = `json_type(json${layout === 'array' || layout === 'lines' ? `, ${quoteLiteral(base)}` : ''}) = 'OBJECT'`
    const found = await findMembers(connection, table, base)
    const fresh = found.filter((member) => !known.has(member.key))
    for (const { key, kinds } of fresh) {
      known.add(key)
      const label = key.slice(0, 300)
      const name = safeFieldName(label || 'column', taken)
      members.push({
        key,
        column: { name, label: label || name, engineType: 'VARCHAR', candidates: candidatesOf(kinds) },
      })
    }
    if (members.length > maxMembers) {
      throw new AppError('ingest.too_many_fields', { count: members.length, max: maxMembers })
    }
    const paths = members.map((member) => quoteLiteral(`${base}.${quoteMember(member.key)}`))
    const picked = members.map(
      ({ column }, index) => `nullif(vals[${index + 1}], '') as ${quoteIdentifier(column.name)}`,
    )
    if (layout === 'geojson') {
      picked.push('geometry as geo_shape', `${middlePoint} as geo_point_2d`)
    }
    if (hasFilename)
      picked.push(`${quoteLiteral(source.filename)} as ${quoteIdentifier(filenameColumn.name)}`)
    const values = paths.length > 0 ? `json_extract_string(json, [${paths.join(', ')}])` : '[]::varchar[]'
    function rowsWithGeometry(): string {
      const rows = `(select json, ${values} as vals from ${table} where ${isObject})`
      if (layout !== 'geojson') return rows
      const shapes = `(select *, json_extract_string(json, '$.geometry') as geometry from ${rows})`
      const valid = `(select *, (${shapeFromText('geometry')})::varchar as valid_geometry from ${shapes})`
      return `(select *, ${positions('valid_geometry', 1)} as lons, ${positions('valid_geometry', 2)} as lats from ${valid})`
    }
    return {
      hasNewColumns: fresh.length > 0,
      relation: `(select ${picked.length > 0 ? picked.join(', ') : 'null as nothing'} from ${rowsWithGeometry()})`,
      rejects: async () => {
        const rows = await connection.all(
          `select line, left(body, 2000) as raw, json is null as is_broken from ${table} where coalesce(${isObject}, false) = false order by line`,
        )
        return rows.map((row) => ({
          line: slice.firstLine + Number(row.line) - 1,
          reason: row.is_broken ? 'not valid JSON' : 'not a JSON object',
          raw: String(row.raw),
        }))
      },
      release: () => connection.run(`drop table if exists ${table}`),
    }
  }

  return { columns, slices, load, bytesTotal: source.bytes, close: () => opened.close() }
}

function remember(memory: Map<string, unknown>, layout: Layout): { members: Member[]; taken: Set<string> } {
  let state = memory.get('json') as { members: Member[]; taken: Set<string> } | undefined
  if (!state) {
    state = { members: [], taken: new Set(layout === 'geojson' ? ['geo_shape', 'geo_point_2d'] : []) }
    memory.set('json', state)
  }
  return state
}

const shapeColumn: RawColumn = {
  name: 'geo_shape',
  label: 'Geo Shape',
  engineType: 'VARCHAR',
  fixedType: 'geo_shape',
}
const pointColumn: RawColumn = {
  name: 'geo_point_2d',
  label: 'Geo Point',
  engineType: 'STRUCT(lon DOUBLE, lat DOUBLE)',
}

async function findMembers(
  connection: Connection,
  table: string,
  base: string,
): Promise<{ key: string; kinds: readonly string[] }[]> {
  const rows = await connection.all(
    `with entries as (
       select line, unnest(json_keys(json, $1)) as key, json from ${table} where json_type(json, $1) = 'OBJECT'
     ), typed as (
       select key, min(line) as first_line, list(distinct kind) filter (where kind is not null and kind <> 'NULL') as kinds
       from (select key, line, json_type(json_extract(json, $1 || '."' || replace(replace(key, '\\', '\\\\'), '"', '\\"') || '"')) as kind from entries)
       group by key
     )
     select key, kinds from typed order by first_line, key`,
    [base],
  )
  const order = await memberOrder(connection, table, base)
  return rows
    .map((row) => ({ key: String(row.key), kinds: listItems(row.kinds) }))
    .sort((a, b) => (order.get(a.key) ?? order.size) - (order.get(b.key) ?? order.size))
}

/** Members in the order of the first object that has them: what people expect to see as columns. */
async function memberOrder(
  connection: Connection,
  table: string,
  base: string,
): Promise<Map<string, number>> {
  const rows = await connection.all(
    `select json_keys(json, $1) as keys from ${table} where json_type(json, $1) = 'OBJECT' order by line limit 100`,
    [base],
  )
  const order = new Map<string, number>()
  for (const row of rows)
    for (const key of listItems(row.keys)) if (!order.has(key)) order.set(key, order.size)
  return order
}

function listItems(value: unknown): string[] {
  const items = (value as { items?: unknown[] } | null)?.items ?? []
  return items.map(String)
}

/** JSON says whether a value is text; only the form of text is left to infer. */
function candidatesOf(kinds: readonly string[]): readonly InferredType[] {
  if (kinds.length === 0) return []
  const isNumber = (kind: string) => ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'].includes(kind)
  if (kinds.every(isNumber)) return ['int', 'double']
  if (kinds.every((kind) => kind === 'BOOLEAN')) return ['boolean']
  if (kinds.every((kind) => kind === 'ARRAY')) return ['multivalued']
  if (kinds.every((kind) => kind === 'VARCHAR')) return ['date', 'datetime']
  if (kinds.every((kind) => kind === 'OBJECT')) return ['geo_shape']
  return []
}

function pathOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split('.').filter((name) => name !== '' && name !== '$')
}

function quoteMember(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** The middle of a geometry's bounding box, from lists of its longitudes and latitudes; the point itself for a point. */
const middlePoint = `case when list_min(lats) is not null and list_min(lats) >= -90 and list_max(lats) <= 90
    and list_min(lons) >= -180 and list_max(lons) <= 180
  then {'lon': (list_min(lons) + list_max(lons)) / 2, 'lat': (list_min(lats) + list_max(lats)) / 2} end`

/** Positions of a geometry, read off its text: every pair of numbers behind an opening bracket. */
function positions(geometry: string, group: 1 | 2): string {
  const pair = '\\[\\s*(-?[0-9][0-9.eE+-]*)\\s*,\\s*(-?[0-9][0-9.eE+-]*)'
  return `list_transform(regexp_extract_all(${geometry}, '${pair}', ${group}), v -> try_cast(v as double))`
}
