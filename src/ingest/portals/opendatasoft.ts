/** Opendatasoft: `/explore/dataset/<id>/...` and addresses of its Explore API. Source: explore API sections 1 and 5. */
import {
  listOf,
  metadataOf,
  objectOf,
  type Portal,
  type PortalDataset,
  segmentsOf,
  textOf,
} from './portal.ts'

export const opendatasoft: Portal = {
  kind: 'opendatasoft',
  recognise(url) {
    const segments = segmentsOf(url)
    const id = segments && datasetIdOf(segments)
    return id ? datasetAt(url.origin, id) : null
  },
}

function datasetIdOf(segments: readonly string[]): string | undefined {
  const path = segments.join('/')
  const patterns = [
    /^(?:[a-z]{2}(?:-[a-z]{2})?\/)?explore\/(?:embed\/)?dataset\/([^/]+)/i,
    /^api\/(?:explore\/)?v2\.\d\/catalog\/datasets\/([^/]+)/i,
    /^api\/datasets\/1\.0\/([^/]+)/i,
  ]
  const id = patterns.map((pattern) => pattern.exec(path)?.[1]).find((found) => found !== undefined)
  return id !== undefined && /^[\w.@-]{1,255}$/.test(id) ? id : undefined
}

function datasetAt(origin: string, id: string): PortalDataset {
  const base = `${origin}/api/explore/v2.1/catalog/datasets/${encodeURIComponent(id)}`
  return {
    async describe(ask) {
      const dataset = objectOf(await ask(new URL(base)))
      if (textOf(dataset.dataset_id) === null || !Array.isArray(dataset.fields)) return null
      const metas = objectOf(objectOf(dataset.metas).default)
      const { title, description, license, keyword, publisher, language, theme, modified } = metas
      const types = listOf(dataset.fields).map((field) => objectOf(field).type)
      // Parquet keeps types, but not those of places: as text they are found again.
      const places = { extractor: 'csvfile', params: { separator: ';' } }
      const hasPlaces = types.includes('geo_point_2d') || types.includes('geo_shape')
      return {
        title: textOf(title),
        metadata: metadataOf({ description, license, keyword, publisher, language, theme, modified }),
        downloadUrl: hasPlaces
          ? `${base}/exports/csv?use_labels=false&delimiter=%3B`
          : `${base}/exports/parquet`,
        ...(hasPlaces ? places : { extractor: 'parquet', params: {} }),
      }
    },
  }
}
