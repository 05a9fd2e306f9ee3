/** Formats of a dataset, with how large they will be: measured on a sample of the records that the filters leave. */
import type { Api } from '../kit/api.ts'
import { type Dataset, datasetPath } from './dataset.ts'
import type { ApiFilters } from './filters.ts'

export interface ExportFormat {
  readonly name: string
  readonly group: 'table' | 'geo' | 'linked' | 'other'
  /** Bytes; null: cannot be told. */
  readonly bytes: number | null
  /** Why it cannot be had. */
  readonly isTooLong: boolean
}

const groups: Readonly<Record<string, ExportFormat['group']>> = {
  csv: 'table',
  xlsx: 'table',
  json: 'table',
  jsonl: 'table',
  parquet: 'table',
  geojson: 'geo',
  shp: 'geo',
  kml: 'geo',
  gpx: 'geo',
  fgb: 'geo',
  ov2: 'geo',
  jsonld: 'linked',
  n3: 'linked',
  turtle: 'linked',
  rdfxml: 'linked',
}

const sampled = ['csv', 'json', 'geojson'] as const
const sampleSize = 100
/** Rows of a sheet. */
const maxSheetRows = 1_048_575
/** Of the CSV's size, as measured over the demo datasets: columns are compressed, sheets are zipped XML. */
const likeCsv: Readonly<Record<string, number>> = { parquet: 0.25, xlsx: 0.55 }
const likeJson: Readonly<Record<string, number>> = { jsonl: 1 }

/** Errors: ApiError. */
export async function loadExportFormats(
  api: Api,
  dataset: Dataset,
  query: ApiFilters,
  count: number,
): Promise<ExportFormat[]> {
  const path = `${datasetPath(dataset.dataset_id)}/exports`
  const { _links: links } = await api.get<{ _links: { rel: string }[] }>(path, { version: query.version })
  const names = links
    .map(({ rel }) => rel)
    .filter((rel) => rel !== 'self' && rel !== 'dataset' && rel !== 'catalog')
  const perRecord = new Map<string, number>()
  await Promise.all(
    sampled
      .filter((name) => names.includes(name) && count > 0)
      .map(async (name) => {
        const { status, text } = await api.call('GET', `${path}/${name}`, {
          query: { ...query, limit: sampleSize },
        })
        if (status === 200)
          perRecord.set(name, new TextEncoder().encode(text).length / Math.min(sampleSize, count))
      }),
  )
  const sizeOf = (name: string): number | null => {
    const csv = perRecord.get('csv')
    const json = perRecord.get('json')
    const own = perRecord.get(name)
    if (own !== undefined) return own * count
    if (likeCsv[name] !== undefined && csv !== undefined) return csv * likeCsv[name] * count
    if (likeJson[name] !== undefined && json !== undefined) return json * likeJson[name] * count
    return null
  }
  return names.map((name) => ({
    name,
    group: groups[name] ?? 'other',
    bytes: sizeOf(name),
    isTooLong: name === 'xlsx' && count > maxSheetRows,
  }))
}
