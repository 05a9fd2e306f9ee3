/** The search API's dataset object, as far as the portal reads it (docs/api.md), and what follows from its fields. */

export interface Field {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly description: string | null
  readonly annotations: Readonly<Record<string, readonly (string | number)[]>>
}

export interface AttachedFile {
  readonly id: string
  readonly title?: string | null
  readonly description?: string | null
  readonly mimetype?: string | null
}

export interface Dataset {
  readonly dataset_id: string
  readonly dataset_uid: string
  readonly has_records: boolean
  readonly data_visible: boolean
  readonly features: readonly string[]
  readonly attachments: readonly AttachedFile[]
  /** Ready-made files beside the exports. */
  readonly alternative_exports?: readonly AttachedFile[]
  readonly metas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly fields: readonly Field[]
}

export type DataRecord = Readonly<Record<string, unknown>>

export interface DatasetPage {
  readonly total_count: number
  readonly results: readonly Dataset[]
}

export interface RecordPage {
  readonly total_count: number
  readonly results: readonly DataRecord[]
  readonly next_cursor?: string | null
}

export interface FacetValue {
  readonly name: string
  readonly value: string
  readonly count?: number
  readonly state: 'displayed' | 'refined' | 'excluded'
  readonly facets?: readonly FacetValue[]
}

export interface Facet {
  readonly name: string
  readonly facets: readonly FacetValue[]
}

export const catalogPath = '/api/explore/v2.1/catalog'
export const datasetPath = (id: string) => `${catalogPath}/datasets/${encodeURIComponent(id)}`
export const pagePath = (id: string, view: View = 'information') =>
  `/explore/dataset/${encodeURIComponent(id)}/${view}/`

export const views = [
  'information',
  'table',
  'map',
  'analyze',
  'calendar',
  'images',
  'export',
  'api',
] as const
export type View = (typeof views)[number]

export const isView = (text: string): text is View => views.includes(text as View)

const isGeo = ({ type }: Field) => type === 'geo_point_2d' || type === 'geo_shape'
export const isNumber = ({ type }: Field) => type === 'int' || type === 'double'
export const isDate = ({ type }: Field) => type === 'date' || type === 'datetime'
export const isText = ({ type }: Field) => type === 'text'
export const isFacet = ({ annotations }: Field) => annotations.facet !== undefined
const isPicture = ({ type, name }: Field) =>
  type === 'file' || type === 'image' || (type === 'text' && /image|photo|picture|thumbnail/i.test(name))

/** The field that maps are drawn by: shapes before points. */
export function geoFieldOf(fields: readonly Field[]): Field | undefined {
  return fields.find(({ type }) => type === 'geo_shape') ?? fields.find(isGeo)
}

export const dateFieldOf = (fields: readonly Field[]) => fields.find(isDate)
export const imageFieldOf = (fields: readonly Field[]) => fields.find(isPicture)

/** What can be said of a record in one line: the first text that is no code. */
export function titleFieldOf(fields: readonly Field[]): Field | undefined {
  const texts = fields.filter(isText)
  return texts.find(({ name }) => /name|title|label|nom|titre/i.test(name)) ?? texts[0] ?? fields[0]
}

/** The views that suit a dataset, in their order. */
export function viewsOf({ fields, has_records: hasRecords, data_visible: isVisible }: Dataset): View[] {
  if (!hasRecords || !isVisible) return ['information']
  const suits: Record<View, boolean> = {
    information: true,
    table: true,
    map: fields.some(isGeo),
    analyze: fields.length > 0,
    calendar: fields.some(isDate),
    images: imageFieldOf(fields) !== undefined,
    export: true,
    api: true,
  }
  return views.filter((view) => suits[view])
}

/** A text of the default template; empty when it has none. */
export function meta({ metas }: Dataset, name: string): string {
  const value = metas.default?.[name]
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

export function metaList({ metas }: Dataset, name: string): string[] {
  const value = metas.default?.[name]
  if (value === null || value === undefined || value === '') return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

export const titleOf = (dataset: Dataset) => meta(dataset, 'title') || dataset.dataset_id
export const recordsCountOf = (dataset: Dataset) => Number(dataset.metas.default?.records_count ?? 0)
