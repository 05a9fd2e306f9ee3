/**
 * The control database as text, and back: how a PostgreSQL one is backed up without PostgreSQL's own tools. One JSON
 * object a line: first the migration that the tables are of, then rows, referred tables before those that refer. Tables
 * hold text and whole numbers only (schema.ts), so that a dump can be read into either database.
 */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Kysely, sql } from 'kysely'
import { migrateTo, migrationNames } from './migrations/index.ts'
import { postgresDialect, postgresPool } from './postgres.ts'
import type { ControlAddress, ControlReader } from './reader.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

/** The database that a dump is to be read into has tables already. */
export class DatabaseNotEmptyError extends Error {}

/** Rows are of a few hundred characters, or of megabytes, as pushes are: a line is read, and inserted, in one go. */
const rowsAtOnce = 50
const lineLength = 4 << 20
const format = 1

/** Writes the database as it is at one instant. */
export async function dumpPostgres(databaseUrl: string, path: string): Promise<void> {
  const pool = postgresPool(databaseUrl, { isReadOnly: true })
  const db = new Kysely<unknown>({ dialect: postgresDialect(pool) })
  const file = await open(path, 'w')
  try {
    await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((trx) => writeAll(trx, file))
    await file.sync()
  } finally {
    await file.close()
    await db.destroy()
  }
}

async function writeAll(db: Kysely<unknown>, file: FileHandle): Promise<void> {
  const migration = await sql<{ name: string }>`
    select name from kysely_migration order by name desc limit 1`.execute(db)
  await file.writeFile(`${JSON.stringify({ format, migration: migration.rows[0]!.name })}\n`)
  for (const table of await tablesInOrder(db)) {
    await sql`declare dumped cursor for select * from ${sql.table(table)}`.execute(db)
    for (;;) {
      const { rows } = await sql`fetch ${sql.lit(rowsAtOnce)} from dumped`.execute(db)
      if (rows.length === 0) break
      for (const line of linesOf(table, rows)) await file.writeFile(line)
    }
    await sql`close dumped`.execute(db)
  }
}

function* linesOf(table: string, rows: readonly unknown[]): Generator<string> {
  const line = (texts: readonly string[]) =>
    `{"table":${JSON.stringify(table)},"rows":[${texts.join(',')}]}\n`
  let texts: string[] = []
  let length = 0
  for (const row of rows) {
    const text = JSON.stringify(row)
    if (length > 0 && length + text.length > lineLength) {
      yield line(texts)
      texts = []
      length = 0
    }
    texts.push(text)
    length += text.length
  }
  yield line(texts)
}

/** Tables, each behind those that its foreign keys refer to. */
async function tablesInOrder(db: Kysely<unknown>): Promise<string[]> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not like 'kysely%'
    order by table_name`.execute(db)
  const references = await sql<{ from: string; to: string }>`
    select a.relname as "from", b.relname as "to" from pg_constraint c
    join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace`.execute(db)
  const ordered = new Set<string>()
  const visit = (name: string): void => {
    if (ordered.has(name)) return
    for (const { from, to } of references.rows) if (from === name && to !== name) visit(to)
    ordered.add(name)
  }
  for (const { name } of tables.rows) visit(name)
  return [...ordered]
}

/** Makes an empty database what the dump says; SQLite may be `:memory:`. Errors: DatabaseNotEmptyError. */
export async function loadDump(path: string, address: ControlAddress): Promise<ControlReader> {
  const dialect = address.databaseUrl === null ? 'sqlite' : 'postgres'
  const db = new Kysely<ControlSchema>({
    dialect:
      address.databaseUrl === null
        ? sqliteDialect(address.sqlitePath)
        : postgresDialect(postgresPool(address.databaseUrl)),
  })
  try {
    if (dialect === 'postgres') await requireEmpty(db as Kysely<unknown>)
    const lines = createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    const values = lines[Symbol.asyncIterator]()
    const head = await values.next()
    await migrateTo(db as Kysely<unknown>, dialect, JSON.parse(head.value ?? '{}').migration)
    // All rows or none: what is interrupted can be begun again.
    await db.transaction().execute(async (trx) => {
      for (let line = await values.next(); !line.done; line = await values.next()) {
        const { table, rows } = JSON.parse(line.value)
        await trx.insertInto(table).values(rows).execute()
      }
      if (dialect === 'postgres') await advanceSequences(trx as unknown as Kysely<unknown>)
    })
    return { db, dialect, close: () => db.destroy() }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** No tables, or those that an interrupted restore made and did not fill, which go. */
async function requireEmpty(db: Kysely<unknown>): Promise<void> {
  const found = await sql<{ name: string; type: string }>`
    select table_name as name, table_type as type from information_schema.tables
    where table_schema = current_schema()`.execute(db)
  const bookkeeping = ['kysely_migration', 'kysely_migration_lock']
  const names = found.rows.map(({ name }) => name)
  if (names.length === 0) return
  const refuse = () => new DatabaseNotEmptyError('The database at DATABASE_URL is not empty')
  if (!names.includes('kysely_migration') || found.rows.some(({ type }) => type !== 'BASE TABLE'))
    throw refuse()
  const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  if (applied.rows.some(({ name }) => !migrationNames.includes(name))) throw refuse()
  await db.transaction().execute(async (trx) => {
    for (const name of names.filter((other) => !bookkeeping.includes(other))) {
      const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(trx)
      if (rows.length > 0) throw refuse()
    }
    for (const name of names) await sql`drop table ${sql.table(name)} cascade`.execute(trx)
  })
}

/** Rows came with their serial numbers: the next one must be higher. */
async function advanceSequences(db: Kysely<unknown>): Promise<void> {
  const serials = await sql<{ table_name: string; column_name: string }>`
    select table_name, column_name from information_schema.columns
    where table_schema = current_schema() and column_default like 'nextval%'`.execute(db)
  for (const { table_name, column_name } of serials.rows) {
    await sql`select setval(pg_get_serial_sequence(${table_name}, ${column_name}),
      (select coalesce(max(${sql.ref(column_name)}), 0) + 1 from ${sql.table(table_name)}), false)`.execute(
      db,
    )
  }
}
