import { listDefaultRulesets, type Ruleset, wholeDataset } from '../../access/index.ts'
import {
  type DatasetRow,
  type FacetSetting,
  listFacets,
  type MetadataChange,
  readTemplates,
} from '../../catalog/index.ts'
import type { ControlDb } from '../../control/index.ts'
import { AppError, formatInstant, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { invalid } from './scope.ts'
import { printSecurity } from './security-shapes.ts'

/** Datasets with their facets and what everybody sees of them, which are stored elsewhere: one query for a page of them. */
export async function printDatasets(db: ControlDb, rows: readonly DatasetRow[]): Promise<JsonObject[]> {
  const uids = rows.map(({ dataset_uid }) => dataset_uid)
  const facets = await listFacets(db, uids)
  const rulesets = await listDefaultRulesets(db, uids)
  return rows.map((row) =>
    printDataset(row, facets.get(row.dataset_uid) ?? [], rulesets.get(row.dataset_uid) ?? wholeDataset),
  )
}

export async function printOneDataset(db: ControlDb, row: DatasetRow): Promise<JsonObject> {
  return (await printDatasets(db, [row]))[0]!
}

function printDataset(row: DatasetRow, facets: readonly FacetSetting[], security: Ruleset): JsonObject {
  return {
    uid: row.dataset_uid,
    dataset_id: row.dataset_id,
    created_at: formatInstant(row.created_at),
    updated_at: formatInstant(row.last_modified_at),
    is_published: row.is_published,
    is_restricted: row.visibility === 'restricted',
    metadata: printMetadata(JSON.parse(row.metas_json), facets),
    default_security: printSecurity(security),
  }
}

/** Where the API has facets, which are no metadata in the store. Its section 5. */
export const facetsPlace = { template: 'asset_content_configuration', name: 'facets' } as const

/** `{template: {name: {value}}}` of what is set. */
export function printMetadata(metas: JsonObject, facets: readonly FacetSetting[]): JsonObject {
  const printed: Record<string, Record<string, JsonValue>> = { default: {} }
  for (const [template, values] of Object.entries(metas as Record<string, JsonObject>)) {
    const set = Object.entries(values).map(([name, value]) => [name, { value }] as const)
    if (set.length > 0 || template === 'default') printed[template] = Object.fromEntries(set)
  }
  const { template, name } = facetsPlace
  // Facets are what the fields say, whatever else was written there.
  const { [name]: _written, ...content } = printed[template] ?? {}
  if (facets.length > 0) content[name] = { value: facets.map(printFacet) }
  delete printed[template]
  if (Object.keys(content).length > 0) printed[template] = content
  return printed
}

export function printFacet({ fieldName, sort, isDisjunctive, isTimerange }: FacetSetting): JsonObject {
  return {
    field_name: fieldName,
    ...(sort === null ? {} : { facetsort: sort }),
    disjunctive: isDisjunctive,
    ...(isTimerange ? { timerange_filter: true } : {}),
  }
}

export interface WantedMetadata {
  readonly changes: readonly MetadataChange[]
  /** Null: nothing was said of them. */
  readonly facets: readonly FacetSetting[] | null
}

/** Metadata of a body: `{template: {name: {value}}}`; what clients may only read is passed over. Errors: http.invalid_parameter. */
export function readMetadata(metadata: JsonObject): WantedMetadata {
  const changes: MetadataChange[] = []
  let facets: readonly FacetSetting[] | null = null
  for (const [template, values] of Object.entries(metadata)) {
    if (values === null) continue
    for (const change of readTemplateValues(template, values)) {
      if (template === facetsPlace.template && change.name === facetsPlace.name)
        facets = readFacets(change.value)
      else changes.push(change)
    }
  }
  return { changes, facets }
}

export function readTemplateValues(template: string, values: JsonValue): MetadataChange[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw invalid(`metadata.${template}`, values, 'it must be an object of {"value": ...} by name')
  return Object.entries(values)
    .filter(([, given]) => given !== null)
    .map(([name, given]) => {
      if (typeof given !== 'object' || Array.isArray(given) || !Object.hasOwn(given!, 'value'))
        throw invalid(`metadata.${template}.${name}`, given, 'it must be {"value": ...}')
      return { template, name, value: (given as JsonObject).value ?? null }
    })
}

const sorts = ['count', '-count', 'alphanum', '-alphanum', 'num', '-num']

/** Errors: http.invalid_parameter. */
export function readFacets(value: JsonValue): FacetSetting[] {
  const property = `metadata.${facetsPlace.template}.${facetsPlace.name}`
  if (value === null) return []
  if (!Array.isArray(value)) throw invalid(property, value, 'it must be an array')
  return value.map((given, index) => {
    const at = `${property}.${index}`
    if (given === null || typeof given !== 'object' || Array.isArray(given))
      throw invalid(at, given, 'it must be an object with field_name')
    const { field_name, facetsort = null, disjunctive, timerange_filter } = given
    if (typeof field_name !== 'string' || field_name === '')
      throw invalid(`${at}.field_name`, field_name, 'it must be the name of a field')
    const sort = facetsort === '' ? null : facetsort
    if (sort !== null && !sorts.includes(String(sort)))
      throw invalid(`${at}.facetsort`, sort, `it must be one of ${sorts.join(', ')}`)
    return {
      fieldName: field_name,
      sort: sort === null ? null : String(sort),
      isDisjunctive: disjunctive === true,
      isTimerange: timerange_filter === true,
    }
  })
}

/** Of a template, or of one of its fields. Errors: catalog.unknown_metadata. */
export async function requireKnown(db: ControlDb, template: string, name?: string): Promise<void> {
  const templates = await readTemplates(db)
  const isKnown =
    name === undefined
      ? (templates.find(template)?.isActive ?? false)
      : templates.findField(template, name) !== null
  if (!isKnown)
    throw new AppError('catalog.unknown_metadata', {
      template: template.slice(0, 100),
      name: (name ?? '').slice(0, 100),
    })
}
