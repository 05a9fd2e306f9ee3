/**
 * Derives the serving file of a generation from its parts (kernel/serving-layout.ts): the records in order, record ids
 * sorted for lookup, and the postings of every text field.
 *
 * Terms are found once per distinct value of a field, not once per record: a city's complaint types repeat a million
 * times. Postings are sorted by a number that stands for the term, which sorts several times faster than text.
 */
import type { Connection, Engine } from '../../engine/index.ts'
import {
  AppError,
  foldedTermsSql,
  idBucketSql,
  isMultivalued,
  type Manifest,
  partsRelationSql,
  quoteIdentifier,
  quoteLiteral,
  servingLayout,
} from '../../kernel/index.ts'
import { interruptOnStop } from './interrupt-on-stop.ts'

export interface ServingFileOrder {
  readonly manifest: Pick<Manifest, 'parts' | 'fields' | 'generation_uid' | 'records_count'>
  readonly directory: string
  readonly servingFile: string
}

/** Writes the serving file. The target must not exist; an interrupted run leaves a file that must be thrown away. */
export async function buildServingFile(
  engine: Engine,
  order: ServingFileOrder,
  stop?: AbortSignal,
): Promise<void> {
  const connection = await engine.connect()
  const release = interruptOnStop([connection], stop)
  try {
    await connection.run(`attach ${quoteLiteral(order.servingFile)} as serving`)
    await writeRecords(connection, order)
    await connection.run(
      `create table serving.${servingLayout.ids} as
         select ${idBucketSql('_id')} as _bucket, _id, _row from serving.${servingLayout.records} order by _bucket`,
    )
    await writePostings(connection, order.manifest)
    await connection.run(`create table serving.${servingLayout.meta} (key varchar, value varchar)`)
    await connection.run(
      `insert into serving.${servingLayout.meta} values ('layout', $1), ('generation_uid', $2)`,
      [String(servingLayout.version), order.manifest.generation_uid],
    )
    await connection.run('checkpoint serving')
    await connection.run('detach serving')
  } finally {
    release()
    connection.close()
  }
}

async function writeRecords(
  connection: Connection,
  { manifest, directory }: ServingFileOrder,
): Promise<void> {
  const target = `serving.${servingLayout.records}`
  await connection.run(`create table ${target} as ${partsRelationSql(manifest, directory)}`)
}

/** A field with at least this many records per distinct value has its terms found per value. */
const repeats = 3

/**
 * A statement that finds terms costs some five milliseconds before its first value (the expression of what a letter is):
 * for a small dataset with twenty texts that is most of the work, so that fields share statements. With many records each
 * field has its own, whose memory is that of its own values.
 */
const manyRecords = 100_000
const fieldsAtOnce = 40
/** With no more records than this, a second statement costs more than looking every value up. */
const fewRecords = 5000

/** How many words a value has, with repeats: relevance does not tell longer ones apart. */
const wordsIn = (terms: string) => `least(len(${terms}), 255)::utinyint`

/** A record and the length of its value as one number: as a fourth column the length made the sort take twice as long. */
const placeOf = (row: string, words: string) => `${row} * 256 + ${words} as place`

/** A field whose words are found, by its place, and the SQL of its text. */
interface TextColumn {
  readonly index: number
  readonly text: string
}

/**
 * Fields whose values repeat go through a dictionary (value -> terms); the others have their terms listed record by
 * record. Terms are then numbered in their order, and the postings are made of numbers only.
 */
async function writePostings(
  connection: Connection,
  { fields, records_count: recordsCount }: ServingFileOrder['manifest'],
): Promise<void> {
  const records = `serving.${servingLayout.records}`
  await connection.run(
    'create temp table dictionary (field smallint, value varchar, terms varchar[], words utinyint)',
  )
  await connection.run('create temp table listed (term varchar, field smallint, _row bigint, words utinyint)')
  const texts = fields.flatMap((field, index): TextColumn[] => {
    if (field.type !== 'text') return []
    const column = `r.${quoteIdentifier(field.name)}`
    return [{ index, text: isMultivalued(field) ? `array_to_string(${column}, ' ')` : column }]
  })
  const repeating: TextColumn[] = []
  const isSmall = recordsCount <= fewRecords
  for (const group of chunksOf(texts, recordsCount > manyRecords ? 1 : fieldsAtOnce)) {
    const split = isSmall ? { repeating: group, scattered: [] } : await splitByRepetition(connection, group)
    repeating.push(...split.repeating)
    if (split.repeating.length > 0) {
      const values = split.repeating.map(
        ({ index, text }) =>
          `select distinct ${index}::smallint as field, ${text} as value from ${records} r`,
      )
      await connection.run(
        `insert into dictionary select field, value, list_distinct(found), ${wordsIn('found')}
         from (select *, ${foldedTermsSql('value')} as found from (${values.join(' union all ')}) where value is not null)`,
      )
    }
    if (split.scattered.length > 0) {
      const values = split.scattered.map(
        ({ index, text }) => `select ${index}::smallint as field, ${text} as value, r._row from ${records} r`,
      )
      await connection.run(
        `insert into listed select unnest(list_distinct(found)), field, _row, ${wordsIn('found')}
         from (select *, ${foldedTermsSql('value')} as found from (${values.join(' union all ')}) where value is not null)`,
      )
    }
  }
  await connection.run(
    `create table serving.${servingLayout.terms} as
     select term, (row_number() over (order by term) - 1)::integer as term_id
     from (select term from listed union select unnest(terms) from dictionary) order by term`,
  )
  const pieces = repeating.map(
    ({ index, text }) => `select n.term_id, ${index}::smallint as field, ${placeOf('r._row', 'n.words')}
      from ${records} r join numbered n on n.field = ${index} and n.value = ${text}`,
  )
  await connection.run(
    `create temp table numbered as
     select field, value, t.term_id, words
     from (select field, value, unnest(terms) as term, words from dictionary) join serving.${servingLayout.terms} t using (term)`,
  )
  pieces.push(
    `select t.term_id, l.field, ${placeOf('l._row', 'l.words')} from listed l join serving.${servingLayout.terms} t using (term)`,
  )
  await sortPostings(connection, pieces)
  for (const table of ['dictionary', 'listed', 'numbered']) await connection.run(`drop table ${table}`)
}

/**
 * In one statement where its memory suffices. The joins of all fields hold memory beside the sort, which can spill and they
 * cannot: where it does not, they are done one after the other, which takes a third longer.
 */
async function sortPostings(connection: Connection, pieces: readonly string[]): Promise<void> {
  const sorted = (from: string) =>
    connection.run(
      `create table serving.${servingLayout.postings} as
       select term_id, field, place // 256 as _row, (place % 256)::utinyint as words
       from (select * from (${from}) order by term_id, field, place)`,
    )
  try {
    await sorted(pieces.join(' union all '))
  } catch (error) {
    if (!(error instanceof AppError) || error.key !== 'engine.out_of_memory') throw error
    await connection.run('create temp table unsorted (term_id integer, field smallint, place bigint)')
    for (const piece of pieces) await connection.run(`insert into unsorted ${piece}`)
    await sorted('select * from unsorted')
    await connection.run('drop table unsorted')
  }
}

async function splitByRepetition(
  connection: Connection,
  columns: readonly TextColumn[],
): Promise<{ readonly repeating: readonly TextColumn[]; readonly scattered: readonly TextColumn[] }> {
  const counts = columns.map(
    ({ index, text }) => `approx_count_distinct(${text}) as v${index}, count(${text}) as n${index}`,
  )
  const [row] = await connection.all(`select ${counts.join(', ')} from serving.${servingLayout.records} r`)
  const isRepeating = ({ index }: TextColumn) =>
    Number(row![`n${index}`]) > repeats * Number(row![`v${index}`])
  return {
    repeating: columns.filter(isRepeating),
    scattered: columns.filter((column) => !isRepeating(column)),
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  )
}
