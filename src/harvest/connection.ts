/** The connection that a harvester's source and its files are asked with. */
import { findConnection, isWithinConnection, openConnection } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import type { FetchConnection } from '../ingest/index.ts'
import { AppError, type Clock, type Ids, type JsonObject, type SecretBox } from '../kernel/index.ts'
import type { Applied } from './apply.ts'

interface Deps {
  readonly control: { readonly db: ControlDb }
  readonly clock: Clock
  readonly ids: Ids
}

/** Errors of the answer: catalog.unknown_connection, connection_mismatch, secret_unreadable. */
export function connectionOf(
  { control, secrets }: { readonly control: { readonly db: ControlDb }; readonly secrets: SecretBox },
  params: JsonObject,
): (url: URL) => Promise<FetchConnection | null> {
  return (url) => openConnection({ db: control.db, secrets }, url.href, params)
}

/** Resources on the connection's server are fetched with it; what lies elsewhere must not see its secrets. */
export async function withConnection(
  { control, clock, ids }: Deps,
  { connection: reference }: JsonObject,
  applied: Applied,
): Promise<Applied> {
  if (typeof reference !== 'string' || reference === '') return applied
  const connection = await findConnection({ db: control.db, clock, ids }, reference)
  const resources = applied.resources.map((resource) =>
    isWithinConnection(connection, resource.url)
      ? { ...resource, params: { ...resource.params, connection: connection.connectionUid } }
      : resource,
  )
  return { ...applied, resources }
}

/** Parameters as they are stored: a connection by its uid, which it keeps. Errors: harvest.invalid_parameter. */
export async function storedParams({ control, clock, ids }: Deps, params: JsonObject): Promise<JsonObject> {
  const { connection } = params
  if (typeof connection !== 'string' || connection === '') return params
  try {
    const { connectionUid } = await findConnection({ db: control.db, clock, ids }, connection)
    return { ...params, connection: connectionUid }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError('harvest.invalid_parameter', { parameter: 'connection', reason: error.message })
  }
}
