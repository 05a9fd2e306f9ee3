/** Members of JSON records as columns: found slice by slice, with the JSON types of their values. */
import type { Connection } from '../../engine/index.ts'
import { type JsonValue, safeFieldName } from '../../kernel/index.ts'
import { createTurns, type Turns } from '../slices/turns.ts'
import type { InferredType } from '../types/types.ts'
import type { RawColumn } from './reader.ts'

interface Member {
  readonly key: string
  readonly name: string
  readonly label: string
  /** JSON types met so far, null apart. */
  readonly kinds: Set<string>
}

/** What is known of the members of a source's records; kept from one pass to the next. */
interface Members {
  readonly byKey: Map<string, Member>
  readonly taken: Set<string>
  readonly turns: Turns
}

/** `taken`: names of columns that are no members. */
export function remember(memory: Map<string, unknown>, taken: readonly string[]): Members {
  const known = (memory.get('json') as Members | undefined) ?? restored(memory.get('stored'))
  const members: Members = {
    byKey: known?.byKey ?? new Map(),
    taken: known?.taken ?? new Set(taken),
    turns: createTurns(),
  }
  memory.set('json', members)
  return members
}

interface StoredMembers {
  readonly members: readonly { key: string; name: string; label: string; kinds: string[] }[]
  readonly taken: readonly string[]
}

export function snapshot({ byKey, taken }: Members): JsonValue {
  const members = [...byKey.values()].map((member) => ({ ...member, kinds: [...member.kinds] }))
  return { members, taken: [...taken] }
}

function restored(stored: unknown): Pick<Members, 'byKey' | 'taken'> | undefined {
  if (stored === undefined) return undefined
  const { members, taken } = stored as StoredMembers
  const byKey = new Map(members.map((member) => [member.key, { ...member, kinds: new Set(member.kinds) }]))
  return { byKey, taken: new Set(taken) }
}

/** Adds what a slice's records hold. Returns whether the columns are not what they were for earlier slices. */
export function takeUp(
  members: Members,
  found: readonly { key: string; kinds: readonly string[] }[],
): boolean {
  let isChanged = false
  for (const { key, kinds } of found) {
    const member = members.byKey.get(key)
    if (!member) {
      const label = key.slice(0, 300)
      const name = safeFieldName(label || 'column', members.taken)
      members.byKey.set(key, { key, name, label: label || name, kinds: new Set(kinds) })
      isChanged = true
      continue
    }
    const before = candidatesOf(member.kinds)
    for (const kind of kinds) member.kinds.add(kind)
    const now = candidatesOf(member.kinds)
    if (before !== undefined && String(before) !== String(now)) isChanged = true
  }
  return isChanged
}

export function memberColumn(
  { key, name, label, kinds }: Member,
  isUntyped: boolean,
  files: ReadonlySet<string>,
): RawColumn {
  if (files.has(key)) return { name, label, engineType: 'VARCHAR', fixedType: 'file' }
  const candidates = isUntyped ? untypedCandidates(kinds) : candidatesOf(kinds)
  return { name, label, engineType: 'VARCHAR', ...(candidates ? { candidates } : {}) }
}

/** Members of a slice's records, in the order in which they first occur, with the JSON types of their values. */
export async function findMembers(
  connection: Connection,
  table: string,
  base: string,
): Promise<{ key: string; kinds: readonly string[] }[]> {
  const rows = await connection.all(
    `with entries as (
       select line, json, unnest(keys) as key, unnest(range(1, len(keys) + 1)) as place
       from (select line, json, json_keys(json, $1::varchar) as keys from ${table}
         where json_type(json, $1::varchar) = 'OBJECT')
     ), typed as (
       select key, line, place,
         json_type(json, $1::varchar || '/' || replace(replace(key, '~', '~0'), '/', '~1')) as kind
       from entries
     )
     select key, list(distinct kind) filter (where kind is not null and kind <> 'NULL') as kinds
     from typed group by key order by min((line, place)), key`,
    [base],
  )
  return rows.map((row) => ({ key: String(row.key), kinds: listItems(row.kinds) }))
}

function listItems(value: unknown): string[] {
  const items = (value as { items?: unknown[] } | null)?.items ?? []
  return items.map(String)
}

/**
 * JSON says whether a value is text; only the form of text is left to infer. Undefined: no value has been seen yet.
 * More kinds never allow more.
 */
export function candidatesOf(kinds: ReadonlySet<string>): readonly InferredType[] | undefined {
  if (kinds.size === 0) return undefined
  const every = (...allowed: string[]) => [...kinds].every((kind) => allowed.includes(kind))
  if (every('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')) return ['int', 'double']
  if (every('BOOLEAN')) return ['boolean']
  if (every('ARRAY')) return ['multivalued']
  if (every('VARCHAR')) return ['date', 'datetime']
  if (every('OBJECT')) return ['geo_shape']
  return []
}

/** Texts are looked at as those of a CSV file are; what has members or items is what JSON says it is. */
function untypedCandidates(kinds: ReadonlySet<string>): readonly InferredType[] | undefined {
  return kinds.has('ARRAY') || kinds.has('OBJECT') ? candidatesOf(kinds) : undefined
}
