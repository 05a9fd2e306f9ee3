import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { readTemplates } from './template-store.ts'

/**
 * Values of a metadata field that begin with, or else hold, what is typed: its choices and suggestions, and what other
 * datasets have where the field says so. `seesAll`: whoever may edit all datasets is offered what those have; others what
 * everybody may read. Errors: catalog.unknown_metadata.
 */
export async function suggestMetadata(
  db: ControlDb,
  place: { readonly template: string; readonly name: string },
  asked: { readonly query: string; readonly count: number; readonly seesAll: boolean },
): Promise<{ readonly hits: string[]; readonly total: number }> {
  const field = (await readTemplates(db)).findField(place.template, place.name)
  if (!field) {
    const { template, name } = place
    throw new AppError('catalog.unknown_metadata', {
      template: template.slice(0, 100),
      name: name.slice(0, 100),
    })
  }
  const offered = [...(field.choices ?? field.suggestions ?? [])]
  const used = field.self_suggest && !field.choices ? await valuesInUse(db, place, asked.seesAll) : []
  const wanted = fold(asked.query.trim())
  const fits = [...new Set([...offered, ...used])]
    .map((value) => ({ value, at: fold(value).indexOf(wanted) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0) || compare(a.value, b.value))
  return { hits: fits.slice(0, asked.count).map(({ value }) => value), total: fits.length }
}

/** Case and accents do not count. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

async function valuesInUse(
  db: ControlDb,
  { template, name }: { readonly template: string; readonly name: string },
  seesAll: boolean,
): Promise<string[]> {
  const rows = seesAll
    ? await db.selectFrom('datasets').select('metas_json').execute()
    : await db.selectFrom('publications').select('metas_json').where('visibility', '=', 'domain').execute()
  return rows.flatMap(({ metas_json }) => {
    const values = (JSON.parse(metas_json) as Record<string, JsonObject>)[template]
    const value: JsonValue = values && Object.hasOwn(values, name) ? values[name]! : null
    return [value].flat().filter((item) => typeof item === 'string')
  })
}
