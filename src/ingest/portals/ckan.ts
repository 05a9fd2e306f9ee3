/** CKAN: `/dataset/<name>` and `/dataset/<name>/resource/<id>`, below whatever path and language. */
import { AppError, type JsonValue } from '../../kernel/index.ts'
import {
  type AskPortal,
  listOf,
  metadataOf,
  objectOf,
  type Portal,
  type PortalDataset,
  segmentsOf,
  textOf,
} from './portal.ts'

export const ckan: Portal = {
  kind: 'ckan',
  recognise(url) {
    const found = placeOf(url)
    return found ? datasetAt(url, found) : null
  },
}

interface Place {
  /** Where the API may be, likeliest first. */
  readonly roots: readonly string[]
  readonly dataset: string
  readonly resource: string | null
}

function placeOf(url: URL): Place | null {
  const segments = segmentsOf(url)
  if (!segments) return null
  const asked = url.searchParams.get('id')
  if (asked && /\/api\/(3\/)?action\/package_show\/?$/.test(url.pathname))
    return {
      roots: [url.pathname.replace(/\/api\/(3\/)?action\/package_show\/?$/, '')],
      dataset: asked,
      resource: null,
    }
  const at = segments.indexOf('dataset')
  const dataset = segments[at + 1]
  if (at < 0 || dataset === undefined) return null
  const resource = segments[at + 2] === 'resource' ? (segments[at + 3] ?? null) : null
  const before = segments.slice(0, at)
  const below = (path: readonly string[]) => path.map((segment) => `/${encodeURIComponent(segment)}`).join('')
  // A language is part of the pages' addresses, not of the API's.
  const plain = before.filter((segment) => !/^[a-z]{2}([_-][a-z]{2,4})?$/i.test(segment))
  return { roots: [...new Set([below(plain), below(before), ''])], dataset, resource }
}

/** Formats that can be read, best first, and what reads them. */
const formats: readonly (readonly [pattern: RegExp, extractor: string])[] = [
  [/^(parquet|geoparquet)$/, 'parquet'],
  [/^csv$/, 'csvfile'],
  [/^(geojson)$/, 'geojson'],
  [/^(jsonl|ndjson|json lines)$/, 'jsonl'],
  [/^tsv$/, 'csvfile'],
  [/^json$/, 'jsonfile'],
]

function datasetAt(page: URL, place: Place): PortalDataset {
  return {
    async describe(ask) {
      const answer = objectOf(await askFirst(ask, page, place))
      const dataset = objectOf(answer.result)
      if (answer.success !== true || !Array.isArray(dataset.resources)) return null
      const chosen = chooseResource(page, dataset.resources, place.resource)
      const tags = listOf(dataset.tags).map((tag) => objectOf(tag).display_name ?? objectOf(tag).name)
      return {
        title: textOf(dataset.title) ?? textOf(dataset.name),
        metadata: metadataOf({
          description: dataset.notes,
          license: dataset.license_title ?? dataset.license_id,
          keyword: tags,
          publisher: objectOf(dataset.organization).title ?? dataset.author,
          language: dataset.language,
          theme: listOf(dataset.groups).map((group) => objectOf(group).display_name),
          modified: dataset.metadata_modified,
        }),
        ...chosen,
        params: {},
      }
    },
  }
}

/** Errors: that of the last root. */
async function askFirst(ask: AskPortal, page: URL, { roots, dataset }: Place): Promise<JsonValue> {
  for (const [index, root] of roots.entries()) {
    const url = new URL(`${page.origin}${root}/api/3/action/package_show`)
    url.searchParams.set('id', dataset)
    try {
      return await ask(url)
    } catch (error) {
      const isElsewhere = error instanceof AppError && error.key === 'ingest.fetch_status'
      if (!isElsewhere || index === roots.length - 1) throw error
    }
  }
  return null
}

/** The resource that the page is of, else the one whose format is read best. Errors: ingest.portal_has_no_file. */
function chooseResource(
  page: URL,
  resources: readonly unknown[],
  wanted: string | null,
): { downloadUrl: string; extractor: string } {
  const known = resources.map(objectOf).flatMap((resource) => {
    const url = textOf(resource.url)
    if (url === null || !URL.canParse(url, page.origin)) return []
    const target = new URL(url, page.origin)
    const format = (textOf(resource.format) ?? target.pathname.split('.').at(-1) ?? '').toLowerCase()
    const rank = formats.findIndex(([pattern]) => pattern.test(format.replace(/^\./, '')))
    return [{ id: resource.id, downloadUrl: target.href, format, rank }]
  })
  const candidates = known.filter(({ id, rank }) =>
    wanted === null ? rank >= 0 : id === wanted && rank >= 0,
  )
  const [best] = candidates.sort((a, b) => a.rank - b.rank)
  if (!best) {
    const offered = known.filter(({ id }) => wanted === null || id === wanted).map(({ format }) => format)
    throw new AppError('ingest.portal_has_no_file', {
      url: page.href.slice(0, 500),
      formats: [...new Set(offered)].join(', ').slice(0, 200) || 'none',
    })
  }
  return { downloadUrl: best.downloadUrl, extractor: formats[best.rank]![1] }
}
