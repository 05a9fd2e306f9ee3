/** Connections: saved access to servers that sources are fetched from. Their secret goes in and never comes out again. */
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { ConnectionsTable } from '../control/index.ts'
import { AppError, type JsonObject, type SecretBox, shown } from '../kernel/index.ts'
import { checkConnection, isWithin } from './check-connection.ts'
import type { CatalogDeps, EditorDeps, SecretDeps } from './edit-dataset.ts'

export interface Connection {
  readonly connectionUid: string
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly username: string | null
  readonly hasSecret: boolean
  readonly params: JsonObject
  readonly owner: string
  readonly createdAt: number
  readonly changedAt: number
}

export interface ConnectionInput {
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly username: string | null
  /** undefined: it stays what it is; null: there is none. */
  readonly secret?: string | null | undefined
  readonly params: JsonObject
}

/** A connection with its secret in the clear: for a fetch, never for an answer. */
export interface OpenedConnection {
  readonly connectionUid: string
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly username: string | null
  readonly secret: string | null
  readonly params: JsonObject
  readonly changedAt: number
}

export async function listConnections({ db }: CatalogDeps): Promise<Connection[]> {
  const rows = await db.selectFrom('connections').selectAll().orderBy('name').execute()
  return rows.map(toConnection)
}

/** By uid or name. Errors: catalog.unknown_connection. */
export async function findConnection(deps: CatalogDeps, reference: string): Promise<Connection> {
  return toConnection(await findRow(deps, reference))
}

/** Errors: catalog.invalid_connection, catalog.connection_name_taken. */
export async function createConnection(
  deps: EditorDeps & SecretDeps,
  input: ConnectionInput,
): Promise<Connection> {
  checkConnection(input)
  const now = deps.clock.now()
  const row: ConnectionsTable = {
    connection_uid: deps.ids.uid('co'),
    name: input.name,
    kind: input.kind,
    url: input.url,
    username: input.username,
    secret_sealed: seal(deps.secrets, input),
    params_json: JSON.stringify(input.params),
    owner: deps.username,
    created_at: now,
    changed_at: now,
  }
  const inserted = await deps.db
    .insertInto('connections')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('connection_uid')
    .executeTakeFirst()
  if (!inserted) throw new AppError('catalog.connection_name_taken', { name: input.name })
  return toConnection(row)
}

/**
 * Whoever changes where a connection leads, or how its secret is sent, must know it: otherwise it could be had sent anywhere.
 * Errors: those of createConnection, catalog.unknown_connection, catalog.secret_needed.
 */
export async function updateConnection(
  deps: CatalogDeps & SecretDeps,
  reference: string,
  change: Partial<ConnectionInput>,
): Promise<Connection> {
  const present = await findRow(deps, reference)
  const input = changedInput(present, change)
  const taken = await deps.db
    .selectFrom('connections')
    .select('connection_uid')
    .where('name', '=', input.name)
    .where('connection_uid', '!=', present.connection_uid)
    .executeTakeFirst()
  if (taken) throw new AppError('catalog.connection_name_taken', { name: input.name })
  await deps.db
    .updateTable('connections')
    .set({
      name: input.name,
      kind: input.kind,
      url: input.url,
      username: input.username,
      params_json: JSON.stringify(input.params),
      // Never twice the same: what was fetched with the connection as it was counts no more.
      changed_at: Math.max(deps.clock.now(), present.changed_at + 1),
      ...(input.secret === undefined ? {} : { secret_sealed: seal(deps.secrets, input) }),
    })
    .where('connection_uid', '=', present.connection_uid)
    .execute()
  return findConnection(deps, present.connection_uid)
}

/** Errors: catalog.invalid_connection, catalog.secret_needed. */
function changedInput(present: ConnectionsTable, change: Partial<ConnectionInput>): ConnectionInput {
  const known = toConnection(present)
  const input: ConnectionInput = {
    name: change.name ?? known.name,
    kind: change.kind ?? known.kind,
    url: change.url ?? known.url,
    username: change.username === undefined ? known.username : change.username,
    secret: change.secret,
    params: change.params ?? known.params,
  }
  checkConnection(input)
  const leadsElsewhere =
    input.kind !== known.kind || input.url !== known.url || !isDeepStrictEqual(input.params, known.params)
  if (input.secret === undefined && known.hasSecret && leadsElsewhere)
    throw new AppError('catalog.secret_needed', { parameter: 'secret' })
  return input
}

/**
 * A connection to try, as it would be after the change, opened; nothing is saved. Null: one that is not saved yet.
 * Errors: catalog.unknown_connection, catalog.invalid_connection, catalog.secret_needed, catalog.secret_unreadable.
 */
export async function connectionToTry(
  deps: Pick<CatalogDeps, 'db'> & SecretDeps,
  reference: string | null,
  change: Omit<Partial<ConnectionInput>, 'name'>,
): Promise<Omit<OpenedConnection, 'connectionUid' | 'changedAt'>> {
  if (reference === null) {
    const name = 'new'
    const { kind = '', url = '', username = null, secret = null, params = {} } = change
    checkConnection({ name, kind, url, username, params })
    return { name, kind, url, username, secret: secret === '' ? null : secret, params }
  }
  const present = await findRow(deps, reference)
  const { name, kind, url, username, params, secret } = changedInput(present, change)
  const opened = secret === undefined ? openSecret(deps.secrets, present) : secret || null
  return { name, kind, url, username, secret: opened, params }
}

/** Errors: catalog.unknown_connection, catalog.connection_in_use, catalog.connection_harvests. */
export async function deleteConnection(deps: CatalogDeps, reference: string): Promise<void> {
  const { connection_uid, name } = await findRow(deps, reference)
  await deps.db.transaction().execute(async (trx) => {
    // An underscore stands for any character in a pattern.
    const pattern = `%"connection":"${connection_uid.replace(/[\\%_]/g, '\\$&')}"%`
    const user = await trx
      .selectFrom('resources')
      .innerJoin('datasets', 'datasets.dataset_uid', 'resources.dataset_uid')
      .select('datasets.dataset_id')
      .where(sql<boolean>`resources.params_json like ${pattern} escape '\\'`)
      .executeTakeFirst()
    if (user) throw new AppError('catalog.connection_in_use', { name, dataset_id: user.dataset_id })
    const harvester = await trx
      .selectFrom('harvesters')
      .select('name')
      .where(sql<boolean>`params_json like ${pattern} escape '\\'`)
      .executeTakeFirst()
    if (harvester) throw new AppError('catalog.connection_harvests', { name, harvester: harvester.name })
    await trx.deleteFrom('connections').where('connection_uid', '=', connection_uid).execute()
  })
}

/** How many datasets have resources that name it, by uid. */
export async function countDatasetsByConnection({ db }: CatalogDeps): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('resources')
    .select(['dataset_uid', 'params_json'])
    .where('params_json', 'like', '%"connection":"co%')
    .execute()
  const users = new Map<string, Set<string>>()
  for (const { dataset_uid, params_json } of rows) {
    const { connection } = JSON.parse(params_json) as JsonObject
    const known = users.get(String(connection)) ?? new Set()
    users.set(String(connection), known.add(dataset_uid))
  }
  return new Map([...users].map(([connectionUid, datasets]) => [connectionUid, datasets.size]))
}

/**
 * The connection that a resource's parameters name, for fetching `url`; null when they name none.
 * Errors: catalog.unknown_connection, catalog.connection_mismatch, catalog.secret_unreadable.
 */
export async function openConnection(
  deps: Pick<CatalogDeps, 'db'> & SecretDeps,
  url: string,
  params: JsonObject,
): Promise<OpenedConnection | null> {
  const row = await namedConnection(deps, url, params)
  if (row === null) return null
  const { connectionUid, name, kind, username, changedAt, ...known } = toConnection(row)
  const secret = openSecret(deps.secrets, row)
  return { connectionUid, name, kind, url: known.url, username, secret, params: known.params, changedAt }
}

/** Errors: catalog.unknown_connection, catalog.connection_mismatch. */
export async function namedConnection(
  deps: Pick<CatalogDeps, 'db'>,
  url: string,
  params: JsonObject,
): Promise<ConnectionsTable | null> {
  const { connection } = params
  if (typeof connection !== 'string' || connection === '') return null
  const row = await findRow(deps, connection)
  if (!isWithin(row, url)) {
    const facts = { name: row.name, connection_url: shown(row.url), url: shown(url).slice(0, 200) }
    throw new AppError('catalog.connection_mismatch', facts)
  }
  return row
}

async function findRow({ db }: Pick<CatalogDeps, 'db'>, reference: string): Promise<ConnectionsTable> {
  const rows = await db
    .selectFrom('connections')
    .selectAll()
    .where((eb) => eb.or([eb('connection_uid', '=', reference), eb('name', '=', reference)]))
    .execute()
  const row = rows.find(({ connection_uid }) => connection_uid === reference) ?? rows[0]
  if (!row) throw new AppError('catalog.unknown_connection', { connection_uid: reference.slice(0, 100) })
  return row
}

function seal(box: SecretBox, input: ConnectionInput): string | null {
  const { secret } = input
  return secret === undefined || secret === null || secret === '' ? null : box.seal(secret, contextOf(input))
}

/** Errors: catalog.secret_unreadable. */
function openSecret(box: SecretBox, row: ConnectionsTable): string | null {
  return row.secret_sealed === null ? null : box.open(row.secret_sealed, contextOf(row))
}

/** Whom the secret may be sent to. */
function contextOf({ kind, url }: { readonly kind: string; readonly url: string }): string {
  const { protocol, host } = new URL(url)
  return `connection ${kind} ${protocol}//${host}`
}

function toConnection(row: ConnectionsTable): Connection {
  return {
    connectionUid: row.connection_uid,
    name: row.name,
    kind: row.kind,
    url: row.url,
    username: row.username,
    hasSecret: row.secret_sealed !== null,
    params: JSON.parse(row.params_json),
    owner: row.owner,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  }
}
