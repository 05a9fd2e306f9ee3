/** JSON arrays, JSON lines and GeoJSON: one document a line after slicing, columns by member name. */
import type { Connection } from '../../engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral } from '../../kernel/index.ts'
import { openText, openUnpacked } from '../bytes/open-source.ts'
import type { OpenSource } from '../bytes/source-stream.ts'
import type { Slice } from '../slices/slice.ts'
import { sliceJson } from '../slices/slice-json.ts'
import { sliceLines } from '../slices/slice-lines.ts'
import { shapeFromText } from '../types/types.ts'
import { isFeatureLine, projectedFeatures } from './geojson-projection.ts'
import { isBlank, previewedBytes, readHead, refuseBinary, refuseMarkup } from './head.ts'
import { candidatesOf, findMembers, memberColumn, remember, snapshot, takeUp } from './json-members.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import {
  booleanParameter,
  encodingParameter,
  epsgParameter,
  extractFilename,
  textParameter,
} from './parameters.ts'
import type { Extractor, RawColumn, ReaderContext, SourceReader } from './reader.ts'

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
  readsForwards: true,
  label: 'JSON file',
  kinds: [/\.json(\.gz)?$/i],
  parameters: [rootParameter, objectParameter(), encodingParameter, extractFilename],
  open: (context) => openJson(context, 'array'),
}

export const jsonDictExtractor: Extractor = {
  type: 'jsondict',
  label: 'JSON object of records',
  parameters: [
    {
      ...rootParameter,
      description:
        'Member names from the top to the object whose members are the records, joined by dots; empty when the file is the object',
    },
    {
      name: 'key_column',
      label: 'Column of the names',
      type: 'text',
      description:
        'Column that holds the name of each member; what is no object itself is in a column `value`',
      default: 'key',
      is_mandatory: false,
    },
    encodingParameter,
    extractFilename,
  ],
  open: (context) => openJson(context, 'dict'),
}

export const jsonLinesExtractor: Extractor = {
  type: 'jsonl',
  readsForwards: true,
  label: 'JSON lines file',
  kinds: [/\.(jsonl|ndjson)(\.gz)?$/i, /\.json(\.gz)?$/i],
  parameters: [objectParameter(), encodingParameter, extractFilename],
  open: (context) => openJson(context, 'lines'),
}

export const geojsonExtractor: Extractor = {
  type: 'geojson',
  readsForwards: true,
  label: 'GeoJSON file',
  kinds: [/\.geojson(\.gz)?$/i, /\.json(\.gz)?$/i],
  parameters: [epsgParameter, extractFilename],
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

/** How the text is cut into records; features are cut out of a collection, or come one a line. */
type Layout = 'array' | 'dict' | 'lines' | 'geojson' | 'feature_lines'

/** Records that a program of ours writes as JSON lines while it reads another format. */
export interface ConvertedRecords {
  /** `features`: each line is a GeoJSON feature. */
  readonly layout: 'lines' | 'features'
  /** The format writes everything as text, so types are found as in CSV; otherwise JSON's own types hold. */
  readonly isUntyped: boolean
  readonly opened: OpenSource
  /** Members that the format names before the first record; others are found as they come. */
  readonly keys?: readonly string[]
}

/** A reader of the records that `convert` makes of a source, pass by pass the same. */
export async function openConverted(
  context: ReaderContext,
  { layout, isUntyped, opened, keys }: ConvertedRecords,
): Promise<SourceReader> {
  const lines = layout === 'features' ? 'feature_lines' : 'lines'
  return readRecords(context, lines, opened, { isUntyped, isConverted: true, keys })
}

async function openJson(context: ReaderContext, layout: Layout): Promise<SourceReader> {
  const { source } = context
  const file = { path: source.path, filename: source.filename, maxBytes: context.maxSourceBytes }
  const bytes = await openUnpacked(file)
  const head = await readHead(bytes.chunks)
  bytes.close()
  if (isBlank(head)) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  const format = layout === 'geojson' ? 'GeoJSON' : 'JSON'
  refuseBinary(head, source.filename, format)
  refuseMarkup(head, source.filename, format)
  const opened = await openText({
    ...file,
    encoding: textParameter(source.params, 'encoding'),
    stop: context.stop,
    detectWithin: context.isPreview ? previewedBytes : undefined,
    // A line that is not valid UTF-8 would make the engine refuse the whole slice.
    mendsInvalid: true,
  })
  const hasLines = layout === 'geojson' && isFeatureLine(head)
  const projected = layout === 'geojson' ? projectedFeatures(context, head, opened, hasLines) : null
  if (projected) return openConverted(context, { layout: 'features', isUntyped: false, opened: projected })
  return readRecords(context, hasLines ? 'feature_lines' : layout, opened)
}

function readRecords(
  context: ReaderContext,
  layout: Layout,
  opened: OpenSource,
  {
    isUntyped = false,
    isConverted = false,
    keys = [],
  }: {
    readonly isUntyped?: boolean
    readonly isConverted?: boolean
    readonly keys?: readonly string[] | undefined
  } = {},
): SourceReader {
  const { source } = context
  const hasFeatures = layout === 'geojson' || layout === 'feature_lines'
  const objectPath = isConverted || layout === 'dict' ? [] : pathOf(textParameter(source.params, 'object'))
  const base = (hasFeatures ? ['properties'] : objectPath).map(pointerStep).join('')
  // A second pass starts with every member the first one met, so that all its slices have the same columns.
  const members = remember(context.memory, hasFeatures ? [shapeColumn.name, pointColumn.name] : [])
  const hasFilename = booleanParameter(source.params, 'extract_filename', false)
  if (hasFilename) members.taken.add(filenameColumn.name)
  takeUp(
    members,
    keys.map((key) => ({ key, kinds: [] })),
  )
  refuseTooManyColumns(members.byKey.size)

  // Of pushed records; nobody sets it.
  const files = new Set(source.params.file_members as readonly string[] | undefined)

  function columns(): RawColumn[] {
    const list = [...members.byKey.values()].map((member) => memberColumn(member, isUntyped, files))
    if (hasFeatures) list.push(shapeColumn, pointColumn)
    if (hasFilename) list.push(filenameColumn)
    return list
  }

  function slices(): AsyncIterable<Slice> {
    const options = {
      directory: context.tmpDirectory,
      prefix: context.prefix,
      sliceBytes: context.sliceBytes,
      filename: source.filename,
      skipSlices: context.skipSlices,
    }
    if (layout === 'lines' || layout === 'feature_lines') return sliceLines(opened, options)
    const root = layout === 'geojson' ? ['features'] : pathOf(textParameter(source.params, 'root'))
    const keyMember = textParameter(source.params, 'key_column') ?? 'key'
    return sliceJson(opened, { ...options, root, ...(layout === 'dict' ? { keyMember } : {}) })
  }

  async function load(connection: Connection, slice: Slice) {
    const turn = members.turns.take(slice.index)
    try {
      const table = quoteIdentifier(`lines_${context.prefix}_${slice.index}`)
      // Read as one text and cut at line feeds: a CSV reader would also cut at carriage returns and NUL characters.
      await connection.run(
        `create temp table ${table} as
         select line, body, case when json_valid(body) then body::json end as json
         from (select unnest(lines) as body, unnest(range(1, len(lines) + 1)) as line
           from (select string_split(content, chr(10)) as lines from read_text(${quoteLiteral(slice.path)})))
         where trim(body, ' ' || chr(9) || chr(13)) <> ''`,
      )
      const found = await findMembers(connection, table, base)
      // Members are taken up in the order of the slices, or names and order would depend on which slice was faster.
      await turn.reached
      const hasNewColumns = takeUp(members, found)
      refuseTooManyColumns(members.byKey.size)
      const memory = snapshot(members)
      return { ...readable(connection, slice, table), hasNewColumns, columns: columns(), memory }
    } finally {
      turn.release()
    }
  }

  function readable(connection: Connection, slice: Slice, table: string) {
    const isFeature = hasFeatures ? " or json_extract_string(json, '/type') = 'Feature'" : ''
    const isObject = `(json_type(json, ${textLiteral(base)}) = 'OBJECT'${isFeature})`
    const known = [...members.byKey.values()]
    const paths = known.map(({ key }) => textLiteral(base + pointerStep(key)))
    const picked = known.map(({ name, kinds }, index) => {
      const value = `nullif(vals[${index + 1}], '')`
      // NaN and Infinity, which some programs write for numbers, are no values.
      const isNumeric = !isUntyped && candidatesOf(kinds)?.includes('double')
      const sql = isNumeric ? `case when not regexp_matches(${value}, '(?i)n') then ${value} end` : value
      return `${sql} as ${quoteIdentifier(name)}`
    })
    if (hasFeatures) picked.push('geometry as geo_shape', `${middlePoint} as geo_point_2d`)
    if (hasFilename)
      picked.push(`${quoteLiteral(source.filename)} as ${quoteIdentifier(filenameColumn.name)}`)
    const values = paths.length > 0 ? `json_extract_string(json, [${paths.join(', ')}])` : '[]::varchar[]'
    let rows = `(select json, ${values} as vals from ${table} where ${isObject})`
    if (hasFeatures) {
      const shapes = `(select *, nullif(json_extract_string(json, '/geometry'), 'null') as geometry from ${rows})`
      const valid = `(select *, (${shapeFromText('geometry')})::varchar as valid_geometry from ${shapes})`
      rows = `(select *, ${positions('valid_geometry', 1)} as lons, ${positions('valid_geometry', 2)} as lats from ${valid})`
    }
    return {
      relation: `(select ${picked.length > 0 ? picked.join(', ') : 'null as nothing'} from ${rows})`,
      rejects: async () => {
        const bad = await connection.all(
          `select line, left(body, 2000) as raw, json is null as is_broken from ${table} where coalesce(${isObject}, false) = false order by line`,
        )
        return bad.map((row) => ({
          line: slice.firstLine + Number(row.line) - 1,
          reason: row.is_broken ? 'not valid JSON' : notAnObject[layout],
          raw: String(row.raw),
        }))
      },
      release: () => connection.run(`drop table if exists ${table}`),
    }
  }

  return { columns, slices, load, bytesTotal: source.bytes, close: () => opened.close() }
}

const notAnObject: Readonly<Record<Layout, string>> = {
  array: 'not a JSON object',
  dict: 'not a JSON object',
  lines: 'not a JSON object',
  geojson: 'not a feature',
  feature_lines: 'not a feature',
}

const filenameColumn: RawColumn = {
  name: 'source_filename',
  label: 'filename',
  engineType: 'VARCHAR',
  candidates: [],
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

function pathOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split('.').filter((name) => name !== '' && name !== '$')
}

/** JSON pointer (RFC 6901): unlike the engine's other paths it has no wildcards, so any member name can be written. */
function pointerStep(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** A literal of a text that may hold NUL characters, as member names can. */
function textLiteral(text: string): string {
  return text.split('\0').map(quoteLiteral).join(' || chr(0) || ')
}

/**
 * The middle of a geometry's bounding box, from lists of its longitudes and latitudes; the point itself for a point. A
 * shape over the antimeridian has longitudes that go on beyond 180 on one side.
 */
const middlePoint = `case when list_min(lats) is not null and list_min(lats) >= -90 and list_max(lats) <= 90
    and (list_min(lons) between -180 and 180 or list_max(lons) between -180 and 180)
    and list_max(lons) - list_min(lons) <= 360
  then {'lon': ${inTurn('(list_min(lons) + list_max(lons)) / 2')}, 'lat': (list_min(lats) + list_max(lats)) / 2} end`

function inTurn(longitude: string): string {
  return `case when ${longitude} > 180 then ${longitude} - 360 when ${longitude} < -180 then ${longitude} + 360 else ${longitude} end`
}

/** Positions of a geometry, read off its text: every pair of numbers behind an opening bracket. */
function positions(geometry: string, group: 1 | 2): string {
  const pair = '\\[\\s*(-?[0-9][0-9.eE+-]*)\\s*,\\s*(-?[0-9][0-9.eE+-]*)'
  return `list_transform(regexp_extract_all(${geometry}, '${pair}', ${group}), v -> try_cast(v as double))`
}
