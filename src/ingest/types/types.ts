/**
 * Types of text columns: what they look like over all their values, and how a value is converted.
 *
 * Inference narrows: int, then double; boolean; date, then datetime; geo_point_2d; geo_shape; else text. Every inferred
 * conversion is exact (nothing is lost that the text said), so a column stays of a type only while *every* value
 * converts; one that does not widens it. A type that a person set is more forgiving, and what it cannot convert becomes
 * a record error.
 */
import { type FieldType, inUtcSql, momentSql } from '../../kernel/index.ts'

export type InferredType =
  | 'int'
  | 'double'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'geo_point_2d'
  | 'geo_shape'
  /** Text with several values: JSON arrays of scalars. */
  | 'multivalued'
  | 'text'

/** What a column becomes when a value contradicts its type. `text` holds anything. */
const wider: Readonly<Record<InferredType, InferredType>> = {
  int: 'double',
  double: 'text',
  boolean: 'text',
  date: 'datetime',
  datetime: 'text',
  geo_point_2d: 'text',
  geo_shape: 'text',
  multivalued: 'text',
  text: 'text',
}

export function widen(type: InferredType): InferredType {
  return wider[type]
}

/** The narrowest type that is as wide as both. */
export function joinTypes(a: InferredType, b: InferredType): InferredType {
  for (let type = a; type !== 'text'; type = widen(type)) if (reaches(b, type)) return type
  return 'text'
}

function reaches(from: InferredType, target: InferredType): boolean {
  for (let type = from; type !== 'text'; type = widen(type)) if (type === target) return true
  return target === 'text'
}

const number =
  '-?(0|[1-9][0-9]{0,14})?(\\.[0-9]{1,17})([eE][-+]?[0-9]{1,3})?|-?(0|[1-9][0-9]{0,14})([eE]-[0-9]{1,3})?'
/** The year 0 is refused: the engine prints it as 1 BC. */
const year = '([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])'
const day = `${year}[-/][0-9]{1,2}[-/][0-9]{1,2}`
const time = '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?'
const zone = '( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?'
const coordinate = '[-+]?[0-9]{1,3}\\.[0-9]+'

/**
 * SQL: a value of an inferred type, or null when the text is not exactly one. `x` is a VARCHAR expression.
 * Codes with leading zeros, phone numbers with a plus and digits that only look like exponents are not numbers.
 */
export function inferredConversion(
  type: InferredType,
  x: string,
  candidates?: readonly InferredType[],
  shared: (sql: string) => string = (sql) => sql,
): string {
  switch (type) {
    case 'int':
      return exactWhole(x, shared(`try_cast(${x} as bigint)`))
    case 'double':
      // The format itself says that these are numbers: 1e22 is one, and no code. Whole numbers of many digits, which a
      // double would change, and codes with leading zeros still are not.
      if (candidates?.includes('double'))
        return `case when not regexp_full_match(${x}, '-?([0-9]{17,}|0[0-9].*)') then ${finite(x, shared)} end`
      return `case when regexp_full_match(${x}, '${number}') then try_cast(${x} as double) end`
    case 'boolean':
      return `case lower(${x}) when 'true' then true when 'false' then false end`
    case 'date':
      return `case when regexp_full_match(${x}, '${day}') then try_cast(${x} as date) end`
    case 'datetime':
      return `case when regexp_full_match(${x}, '${day}([T ]${time}( ?(Z|UTC))?)?') then ${inUtcSql(readTimestamp(x))}
        when regexp_full_match(${x}, '${day}([T ]${time}${zone})?') then try_cast(replace(${x}, ',', '.') as timestamptz) end`
    case 'geo_point_2d':
      return `case when regexp_full_match(${x}, '${coordinate} ?, ?${coordinate}') then ${pointOf(
        shared(coordinateAt(x, 1)),
        shared(coordinateAt(x, 2)),
      )} end`
    case 'geo_shape':
      return shapeFromText(x)
    case 'multivalued':
      return `case when starts_with(${x}, '[') and json_valid(${x}) and not regexp_matches(${x}, '^\\[\\s*[\\[{]') then json_extract_string(${x}, '$[*]') end`
    case 'text':
      return x
    default:
      return type satisfies never
  }
}

/** SQL: a value of a type that a person set, or null when the text cannot be read as one. Management API section 15. */
export function setConversion(type: FieldType, x: string): string {
  const trimmed = `trim(${x})`
  switch (type) {
    case 'int':
      // The engine's own cast of '13.9' rounds.
      return `case when regexp_full_match(${trimmed}, '[-+]?[0-9]+') then try_cast(${trimmed} as bigint)
        else try_cast(trunc(${decimalOf(trimmed)}) as bigint) end`
    case 'double':
      return decimalOf(trimmed)
    case 'boolean':
      return `case when lower(${trimmed}) in ('true', 't', 'yes', 'y', '1', 'oui', 'on') then true when lower(${trimmed}) in ('false', 'f', 'no', 'n', '0', 'non', 'off') then false end`
    case 'date':
      return `case when ${namesDay(trimmed)} then coalesce(try_cast(try_cast(${trimmed} as timestamp) as date), try_strptime(${trimmed}, ${dayFirst})::date) end`
    case 'datetime':
      return `case when ${namesDay(trimmed)} then coalesce(${momentSql(trimmed)}, timezone('UTC', try_strptime(${trimmed}, ${dayFirst}))) end`
    case 'geo_point_2d':
      return pointFromText(trimmed)
    case 'geo_shape':
      return shapeFromText(trimmed)
    case 'text':
      return x
    case 'file':
      return `case when starts_with(${trimmed}, '{') and json_valid(${x}) then ${x}::json end`
    default:
      return type satisfies never
  }
}

/** With a point or a comma before its decimals; its thousands may stand apart, as French has them: 1 234,5. */
function decimalOf(x: string): string {
  const isGrouped = `regexp_full_match(${x}, '[-+]?[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+([.,][0-9]+)?')`
  const joined = `regexp_replace(${x}, '[ \u00a0\u202f]', '', 'g')`
  const read = (text: string) => finite(`replace(${text}, ',', '.')`)
  // Few values are written so: only those that are no numbers otherwise are looked at again.
  return `coalesce(${read(x)}, case when ${isGrouped} then ${read(joined)} end)`
}

const dayFirst = "['%d/%m/%Y', '%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M']"

/** The engine also reads 'epoch' and 'infinity', and the year 0 as 1 BC: none is a day to publish. */
function namesDay(x: string): string {
  // It begins with a digit: the colon is the next character behind them. A pattern takes several times as long.
  return `${x} >= '0' and ${x} < ':' and not starts_with(${x}, '0000')`
}

const exactWhole = (x: string, cast: string) => `case when ${cast}::varchar = ${x} then ${cast} end`

function finite(x: string, shared = (sql: string) => sql): string {
  const cast = shared(`try_cast(${x} as double)`)
  return `case when isfinite(${cast}) then ${cast} end`
}

/**
 * A timestamp of UTC, of a text that names no zone or that one. The engine's cast to a timestamp with time zone has a whole
 * calendar to ask and takes four times as long.
 */
const readTimestamp = (x: string) =>
  `coalesce(try_cast(${x} as timestamp), try_cast(replace(${x}, ',', '.') as timestamp))`

/** `2031-05-09T10:00:00`: there is no room for a zone in it. Null for whatever is written otherwise. */
export function plainTimestamp(x: string): string {
  return `case when ${x} like '____-__-_____:__:__' and ${x} >= '0001' and ${x} < ':' then try_cast(${x} as timestamp) end`
}

const coordinateAt = (x: string, place: 1 | 2) => `try_cast(trim(split_part(${x}, ',', ${place})) as double)`
const pointOf = (lat: string, lon: string, isPair = 'true') =>
  `case when ${lat} between -90 and 90 and ${lon} between -180 and 180 and ${isPair} then {'lon': ${lon}, 'lat': ${lat}} end`

/** `lat,lon` as text. */
const pointFromText = (x: string) =>
  pointOf(coordinateAt(x, 1), coordinateAt(x, 2), `len(string_split(${x}, ',')) in (2, 3)`)

const geometryTypes = "('Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon')"

/**
 * A GeoJSON geometry with coordinates; a Feature gives its geometry. Empty coordinates and unknown types are refused.
 * Whether rings close is not judged here.
 */
export function shapeFromText(x: string): string {
  const text = `(case when starts_with(ltrim(${x}), '{') and json_valid(${x}) then ${x} end)`
  const isShape = (at: string) =>
    `(json_extract_string(${text}, '${at}.type') in ${geometryTypes}
      and regexp_full_match(json_extract_string(${text}, '${at}.coordinates'), '\\[[-+0-9.eE,\\[\\]\\s]*[0-9][-+0-9.eE,\\[\\]\\s]*\\]')
      or json_extract_string(${text}, '${at}.type') = 'GeometryCollection' and json_array_length(${text}, '${at}.geometries') > 0)`
  return `case when ${isShape('$')} then ${text}::json when ${isShape('$.geometry')} then json_extract(${text}, '$.geometry') end`
}

/** The engine's type of a Parquet column to ours; null: kept as text through `asText`. */
export function nativeFieldType(engineType: string): FieldType | 'multivalued' | null {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER)$/.test(engineType)) return 'int'
  if (/^(FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(engineType)) return 'double'
  if (engineType === 'BOOLEAN') return 'boolean'
  if (engineType === 'DATE') return 'date'
  if (/^TIMESTAMP/.test(engineType)) return 'datetime'
  if (engineType === 'VARCHAR' || /^ENUM/.test(engineType)) return 'text'
  if (engineType === 'VARCHAR[]') return 'multivalued'
  if (engineType === 'STRUCT(lon DOUBLE, lat DOUBLE)') return 'geo_point_2d'
  return null
}

/** Types that a column of native values can have once it shares its name with a column of text. */
export function nativeCandidates(engineType: string): readonly InferredType[] {
  switch (nativeFieldType(engineType)) {
    case 'int':
      return ['int', 'double']
    case 'double':
      return ['double']
    case 'boolean':
      return ['boolean']
    case 'date':
      return ['date', 'datetime']
    case 'datetime':
      return ['datetime']
    default:
      return []
  }
}

/** SQL: a native value as the type it maps to. */
export function nativeConversion(engineType: string, x: string): string {
  const type = nativeFieldType(engineType)
  switch (type) {
    case 'int':
      return `${x}::bigint`
    case 'double':
      return `case when isfinite(${x}::double) then ${x}::double end`
    case 'datetime':
      return engineType === 'TIMESTAMP WITH TIME ZONE' ? x : `timezone('UTC', ${x}::timestamp)`
    case 'text':
      return `${x}::varchar`
    case null:
      return asText(engineType, x)
    case 'boolean':
    case 'date':
    case 'multivalued':
    case 'geo_point_2d':
    case 'geo_shape':
    case 'file':
      return x
    default:
      return type satisfies never
  }
}

/** SQL: a native value as text: nested values as JSON, bytes in hex. */
export function asText(engineType: string, x: string): string {
  if (engineType === 'BLOB') return `hex(${x})`
  if (/^(STRUCT|MAP|UNION)/.test(engineType) || engineType.endsWith(']')) return `to_json(${x})::varchar`
  return `${x}::varchar`
}
