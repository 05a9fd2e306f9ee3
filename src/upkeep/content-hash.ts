/**
 * The content hash of a generation, computed again from its record ids.
 *
 * Where no field is marked as id, a record's id is the digest of its source text, and the content hash sums 60 bits of
 * those digests. Only twins are otherwise: the n-th of several identical rows has an id made of the first one's and n
 * (ingest/builder/duplicates.ts). They are found by making such ids and looking for them. Where fields are marked as
 * id, ids do not tell the content, and the hashes of the parts are all there is to check.
 */
import { createHash } from 'node:crypto'
import type { Connection } from '../engine/index.ts'
import type { Manifest } from '../kernel/index.ts'

export interface IdCheck {
  /** Records whose id another one has too. */
  readonly repeated: number
  /** Null: it cannot be told from the ids. */
  readonly contentHash: string | null
}

export function hasIdFields(manifest: Pick<Manifest, 'fields'>): boolean {
  return manifest.fields.some((field) => Object.hasOwn(field.annotations, 'id'))
}

/** `relation`: SQL of rows with `_id`. */
export async function checkIds(
  connection: Connection,
  relation: string,
  manifest: Pick<Manifest, 'fields' | 'records_count'>,
): Promise<IdCheck> {
  await connection.run(`create or replace temp table ids as select _id from ${relation}`)
  try {
    const [row] = await connection.all(
      `select count(*) - count(distinct _id) as repeated, coalesce(sum(${weight('_id')}), 0) as total from ids`,
    )
    const repeated = Number(row!.repeated)
    if (repeated > 0 || hasIdFields(manifest)) return { repeated, contentHash: null }
    const sum = BigInt(row!.total as bigint) + (await twinsDifference(connection))
    const schema = manifest.fields.map((field) => [field.name, field.type, field.annotations])
    const text = JSON.stringify([sum.toString(), manifest.records_count, schema])
    return { repeated, contentHash: createHash('sha256').update(text).digest('hex') }
  } finally {
    await connection.run('drop table if exists ids')
  }
}

/** The first 60 bits of the digest that an id is. */
function weight(id: string): string {
  return `('0x' || left(replace(${id}::varchar, '-', ''), 15))::bigint::hugeint`
}

/** What the sum gains when every twin counts as the row that it is a copy of. */
async function twinsDifference(connection: Connection): Promise<bigint> {
  let difference = 0n
  await connection.run('create or replace temp table bases as select _id as base from ids')
  // The number of copies doubles with every round: a row that is there a million times takes twenty.
  for (let from = 2, to = 2; ; from = to + 1, to *= 2) {
    await connection.run(
      `create or replace temp table twins as
       select base, twin from (
         select base, md5(base::varchar || '#' || n)::uuid as twin from bases, range(${from}, ${to + 1}) r(n)
       ) where twin in (select _id from ids)`,
    )
    const [row] = await connection.all(
      `select coalesce(sum(${weight('base')} - ${weight('twin')}), 0) as gain, count(*) as n from twins`,
    )
    difference += BigInt(row!.gain as bigint)
    await connection.run(
      `create or replace temp table bases as
       select base from twins group by base having count(*) = ${to + 1 - from}`,
    )
    if (Number(row!.n) === 0) return difference
  }
}
