/** What of a dataset's metadata readers get, and what a dataset must have to be published. */
import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { readDomain, themeLabel } from './domain.ts'
import { purposeOf } from './metadata-templates.ts'
import { readTemplates } from './template-store.ts'

type Metas = Record<string, JsonObject>

/**
 * Values of active templates that are not for administrators; licence and themes that the internal template names by
 * identifier in the words of the domain's lists, where they are not written out.
 */
export async function publishedMetas(db: ControlDb, metas: JsonObject): Promise<JsonObject> {
  const templates = await readTemplates(db)
  const shown: Metas = {}
  for (const [name, values] of Object.entries(metas as Metas)) {
    const template = templates.find(name)
    if (template?.isActive && purposeOf(template) !== 'admin') shown[name] = values
  }
  const { license_id, theme_id } = ((metas as Metas).internal ?? {}) as Record<string, JsonValue>
  if (license_id === undefined && theme_id === undefined) return shown
  const domain = await readDomain(db)
  const standard: JsonObject = { ...shown.default }
  const license = domain.licenses.find(({ id }) => id === license_id)
  if (license && isUnset(standard.license)) {
    standard.license = license.label
    if (license.url !== null && isUnset(standard.license_url)) standard.license_url = license.url
  }
  const ids = Array.isArray(theme_id) ? theme_id : []
  const themes = ids.flatMap((id) => domain.themes.find((theme) => theme.id === id) ?? [])
  if (themes.length > 0 && isUnset(standard.theme)) {
    const languages = [standard.language, domain.default_language].filter((tag) => typeof tag === 'string')
    standard.theme = themes.map((theme) => themeLabel(theme, languages))
  }
  return { ...shown, default: standard }
}

/**
 * Errors: catalog.metadata_missing, wrapped by catalog.invalid_request when there are several: a mandatory piece of
 * metadata has no value. Of a published dataset it counts only when readers have one: a template that becomes stricter
 * must not keep data from being updated.
 */
export async function requireMandatory(db: ControlDb, datasetUid: string): Promise<void> {
  const { all } = await readTemplates(db)
  const mandatory = all
    .filter(({ isActive }) => isActive)
    .flatMap((template) =>
      template.fields
        .filter(({ requirement_level }) => requirement_level === 'mandatory')
        .map((field) => ({ template: template.name, name: field.name })),
    )
  if (mandatory.length === 0) return
  const own = await metasIn(db, 'datasets', datasetUid)
  const published = await metasIn(db, 'publications', datasetUid)
  const faults = mandatory
    .filter(({ template, name }) => isUnset(own?.[template]?.[name]))
    .filter(({ template, name }) => published === null || !isUnset(published[template]?.[name]))
    .map((missing) => new AppError('catalog.metadata_missing', missing))
  if (faults.length > 1) throw new AppError('catalog.invalid_request', {}, faults)
  if (faults.length === 1) throw faults[0]
}

async function metasIn(
  db: ControlDb,
  table: 'datasets' | 'publications',
  datasetUid: string,
): Promise<Metas | null> {
  const row = await db
    .selectFrom(table)
    .select('metas_json')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return row ? JSON.parse(row.metas_json) : null
}

function isUnset(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
