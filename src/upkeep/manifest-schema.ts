/** The shape of `manifest.json` (kernel/generation.ts), to check files that nobody vouches for. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { fieldTypes, type Manifest } from '../kernel/index.ts'

const count = Type.Integer({ minimum: 0 })
const hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
/** Names only: a manifest must not point outside its directory. */
const file = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]*\\.parquet$' })
const side = {
  file: Type.Union([file, Type.Null()]),
  bytes: Type.Optional(count),
  sha256: Type.Optional(hash),
}

const manifestSchema = Type.Object({
  format: Type.Literal(1),
  pipeline_version: count,
  dataset_uid: Type.String(),
  generation_uid: Type.String({ pattern: '^ge_[a-z0-9]+$' }),
  recipe: Type.String(),
  created_at: Type.String(),
  partial: Type.Boolean(),
  limit_reached: Type.Boolean(),
  sources: Type.Array(
    Type.Object({
      resource_uid: Type.String(),
      filename: Type.String(),
      sha256: hash,
      bytes: count,
      rows_read: count,
      rows_kept: count,
      rows_rejected: count,
      rows_filtered: count,
      rows_replaced: count,
      rows_added: Type.Optional(count),
    }),
  ),
  joined: Type.Optional(
    Type.Array(
      Type.Object({
        dataset_uid: Type.String(),
        dataset_id: Type.String(),
        generation_uid: Type.String(),
        content_hash: hash,
      }),
    ),
  ),
  fields: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.Unsafe({ type: 'string', enum: [...fieldTypes] }),
      annotations: Type.Object({}, { additionalProperties: true }),
    }),
  ),
  parts: Type.Array(Type.Object({ file, rows: count, bytes: count, sha256: hash })),
  rejects: Type.Object({ ...side, rows: count }),
  record_errors: Type.Object({ ...side, count, sampled: count }),
  records_count: count,
  bytes: count,
  content_hash: hash,
})

/** The manifest of a generation's directory, or why there is none, in words without paths. */
export async function readManifest(directory: string): Promise<Manifest | { readonly fault: string }> {
  let text: string
  try {
    text = await readFile(join(directory, 'manifest.json'), 'utf8')
  } catch (error) {
    return { fault: (error as { code?: string }).code === 'ENOENT' ? 'there is none' : 'it cannot be read' }
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: 'it is not valid JSON' }
  }
  if (Value.Check(manifestSchema, value)) return value as unknown as Manifest
  const [first] = Value.Errors(manifestSchema, value)
  return { fault: `${first?.instancePath || 'it'} ${first?.message ?? 'does not fit'}` }
}
