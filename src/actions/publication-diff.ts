import { type Diff, type Difference, diffNested, diffValue, publishedAttached } from '../catalog/index.ts'
import type { PublicationsTable } from '../control/index.ts'
import type { Field, JsonObject, JsonValue } from '../kernel/index.ts'

/** What readers see before and after a switch, as a change entry tells it. */
export function diffPublications(before: PublicationsTable | null, after: PublicationsTable | null): Diff {
  const facts: Difference[] = []
  const compare = (name: string, of: (row: PublicationsTable) => JsonValue) =>
    facts.push(...diffValue([name], before ? of(before) : null, after ? of(after) : null))
  facts.push(...diffValue(['published'], before !== null, after !== null))
  compare('generation_uid', (row) => row.generation_uid)
  compare('records_count', (row) => row.records_count)
  compare('partial', (row) => row.is_partial === 1)
  compare('fields', (row) =>
    Object.fromEntries((JSON.parse(row.fields_json) as Field[]).map(({ name, type }) => [name, type])),
  )
  for (const [name, kind] of [
    ['attachments', 'attachment'],
    ['alternative_exports', 'alternative_export'],
  ] as const)
    compare(name, (row) => publishedAttached(row, kind).map(({ title }) => title))
  // Metadata that comes or goes with the whole publication is not told name by name.
  if (before && after) facts.push(...diffNested(metasOf(before), metasOf(after), ['metas']))
  return { publication: facts }
}

function metasOf(row: PublicationsTable): JsonObject {
  return JSON.parse(row.metas_json)
}
