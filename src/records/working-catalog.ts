/**
 * The datasets that people work on, published or not, queried in the language of the catalog: the `where` and `sort` of
 * the management API's list. Its table is made for each question of what is configured now. Management API section 8.2.
 */
import { type MetadataField, readTemplates, type Templates } from '../catalog/index.ts'
import { among, type ControlDb } from '../control/index.ts'
import { deadline, type Pool } from '../engine/index.ts'
import {
  AppError,
  type Field,
  formatInstant,
  type JsonObject,
  quoteIdentifier,
  quoteLiteral,
} from '../kernel/index.ts'
import { type Column, compileRows, type QuerySchema, type Type } from '../odsql/index.ts'
import { names as catalogNames, pick, wellFormedJson } from './catalog-table.ts'
import { featuresOf } from './dataset-object.ts'
import { prepared } from './records.ts'

export interface WorkingCatalog {
  /**
   * Uids in order. `among`: of these datasets only. `sort`: a name that `where` may use, `-` in front to descend.
   * Errors: those of ODSQL; http.invalid_parameter for a sort that is not a name.
   */
  select(question: WorkingQuestion, signal?: AbortSignal): Promise<string[]>
}

export interface WorkingQuestion {
  readonly where: string | undefined
  readonly sort: string | undefined
  /** A zone id that has been checked. */
  readonly timezone: string
  /** Milliseconds, for now(). */
  readonly now: number
  readonly among: 'all' | ReadonlySet<string>
  readonly limit: number
  readonly offset: number
}

interface Name {
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: Type
  /** In the object, as a JSON path. */
  readonly path: string
}

const own: readonly (readonly [name: string, type: Type])[] = [
  ['status', 'text'],
  ['published', 'boolean'],
  ['visibility', 'text'],
  ['owner', 'text'],
  ['created_at', 'datetime'],
  ['last_modified', 'datetime'],
]

const typeOf: Readonly<Partial<Record<MetadataField['type'], Type>>> = {
  multitext: 'multitext',
  list: 'multitext',
  enumlist: 'multitext',
  uri_enumlist: 'multitext',
  geo_area: 'multitext',
  date: 'datetime',
  datetime: 'datetime',
  boolean: 'boolean',
  int: 'int',
  double: 'double',
}

/** Those of the catalog by their short and full names, what only editors know, and every field of every template. */
function namesOf(templates: Templates): Name[] {
  const standard = catalogNames.map(
    ([name, type, path]): Name => ({
      name,
      aliases: path.startsWith('$.metas.default.') ? [`default.${name}`] : [],
      type,
      path,
    }),
  )
  const known = new Set(standard.flatMap(({ aliases }) => aliases))
  const fields = templates.all.flatMap((template) =>
    template.fields.map(
      (field): Name => ({
        name: `${template.name}.${field.name}`,
        aliases: [],
        type: typeOf[field.type] ?? 'text',
        // Names of templates and fields have no quotes in them.
        path: `$.metas."${template.name}"."${field.name}"`,
      }),
    ),
  )
  return [
    ...standard,
    ...own.map(
      ([name, type]): Name => ({
        name,
        aliases: name === 'published' ? ['publishing.published'] : [],
        type,
        path: `$.${name}`,
      }),
    ),
    ...fields.filter(({ name }) => !known.has(name)),
  ]
}

function schemaOf(names: readonly Name[]): QuerySchema {
  const column = (name: string, { type, name: stored }: Name): Column => ({
    name,
    type,
    sql: quoteIdentifier(stored),
    fieldIndex: null,
    isHidden: name !== stored,
  })
  return {
    columns: names.flatMap((item) => [item.name, ...item.aliases].map((name) => column(name, item))),
  }
}

export function createWorkingCatalog(deps: {
  readonly db: ControlDb
  readonly pool: Pool
  readonly queryTimeoutMs: number
}): WorkingCatalog {
  return {
    async select(question, signal) {
      const names = namesOf(await readTemplates(deps.db))
      const schema = schemaOf(names)
      const { where, timezone, now } = question
      const text = {
        select: 'dataset_uid',
        ...(where === undefined || where.trim() === '' ? {} : { where: [where] }),
        orderBy: orderOf(question.sort ?? 'created_at', schema),
        timezone,
        now,
      }
      const query = prepared(text, schema)
      const rows = await readRows(deps.db, question.among)
      // Not as a parameter: the relation stands before the values of the query.
      const json = quoteLiteral(wellFormedJson(rows))
      const target = { relation: `(${relationSql(json, names)})`, search: null }
      const statement = compileRows(query, target, {
        page: { limit: question.limit, offset: question.offset },
      })
      const limit = deadline(signal, deps.queryTimeoutMs)
      try {
        const found = await deps.pool.use(
          (connection) => connection.all(statement.sql, statement.values, limit.signal),
          limit.signal,
          'long',
        )
        return found.map((row) => String(row[statement.columns[0]!.sqlName]))
      } finally {
        limit.clear()
      }
    },
  }
}

function orderOf(sort: string, { columns }: QuerySchema): string {
  const name = sort.replace(/^-/, '')
  if (!columns.some((column) => column.name === name)) {
    const expected =
      'it must be the name of a property or of metadata, such as title or dcat.creator, with - in front to descend'
    throw new AppError('http.invalid_parameter', { parameter: 'sort', value: name.slice(0, 100), expected })
  }
  const quoted = `\`${name}\``
  return `${quoted} ${sort.startsWith('-') ? 'desc' : 'asc'}, dataset_uid`
}

async function readRows(db: ControlDb, uids: WorkingQuestion['among']): Promise<JsonObject[]> {
  if (uids !== 'all' && uids.size === 0) return []
  const rows = await db
    .selectFrom('datasets')
    .leftJoin('publications', 'publications.dataset_uid', 'datasets.dataset_uid')
    .select([
      'datasets.dataset_uid',
      'datasets.dataset_id',
      'datasets.metas_json',
      'datasets.status',
      'datasets.visibility',
      'datasets.owner',
      'datasets.created_at',
      'datasets.last_modified_at',
      'publications.fields_json',
      'publications.records_count',
      'publications.data_processed_at',
      'publications.metadata_processed_at',
    ])
    .$if(uids !== 'all', (query) => query.where(among('datasets.dataset_uid', uids as ReadonlySet<string>)))
    .execute()
  return rows.map((row): JsonObject => {
    const metas = JSON.parse(row.metas_json) as Record<string, JsonObject>
    const fields = row.fields_json === null ? null : (JSON.parse(row.fields_json) as Field[])
    const instant = (ms: number | null) => (ms === null ? null : formatInstant(ms))
    return {
      dataset_uid: row.dataset_uid,
      dataset_id: row.dataset_id,
      has_records: (fields?.length ?? 0) > 0,
      data_visible: true,
      features: featuresOf(fields ?? []),
      status: row.status,
      published: fields !== null,
      visibility: row.visibility,
      owner: row.owner,
      created_at: formatInstant(row.created_at),
      last_modified: formatInstant(row.last_modified_at),
      metas: {
        ...metas,
        default: {
          modified: formatInstant(row.last_modified_at),
          ...metas.default,
          records_count: row.records_count,
          data_processed: instant(row.data_processed_at),
          metadata_processed: instant(row.metadata_processed_at),
        },
      },
    }
  })
}

function relationSql(json: string, names: readonly Name[]): string {
  const picked = names.map(({ name, type, path }) => `${pick(type, path)} as ${quoteIdentifier(name)}`)
  return `select row_number() over () - 1 as _row, md5(o->>'$.dataset_uid')::uuid as _id, ${picked.join(', ')}
    from (select unnest(json_extract(${json}::json, '$[*]')) as o)`
}
