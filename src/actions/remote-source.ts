/** A remote resource as it is stored, made ready to be fetched: its secrets opened, its connection found. */
import { createHash } from 'node:crypto'
import { openConnection, openSourceParams } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { type FetchConnection, sourceOptionNames } from '../ingest/index.ts'
import type { JsonObject, SecretBox } from '../kernel/index.ts'
import { canonicalJson } from './recipe.ts'

export interface ReadySource {
  readonly params: JsonObject
  readonly connection: FetchConnection | null
  /** Changes with all that decides what the address answers, beside the address; null: it alone does. */
  readonly accessKey: string | null
}

/** Errors: catalog.unknown_connection, catalog.connection_mismatch, catalog.secret_unreadable. */
export async function readySource(
  deps: { readonly db: ControlDb; readonly secrets: SecretBox },
  { url, params }: { readonly url: string; readonly params: JsonObject },
): Promise<ReadySource> {
  const connection = await openConnection(deps, url, params)
  const options = sourceOptionNames.flatMap((name) =>
    params[name] === undefined || params[name] === null ? [] : [[name, params[name]]],
  )
  const essence = canonicalJson([options, connection?.changedAt ?? null])
  return {
    params: openSourceParams(deps.secrets, url, params),
    connection,
    accessKey: options.length === 0 ? null : createHash('sha256').update(essence).digest('hex'),
  }
}
