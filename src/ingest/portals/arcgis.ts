/**
 * ArcGIS: a layer of a FeatureServer or MapServer, asked for in pages of GeoJSON in the order of its object ids. Source:
 * https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
 */
import { AppError } from '../../kernel/index.ts'
import {
  type AskPortal,
  listOf,
  metadataOf,
  objectOf,
  type Portal,
  type PortalDataset,
  type PortalDescription,
  textOf,
} from './portal.ts'

export const arcgis: Portal = {
  kind: 'arcgis',
  recognise(url) {
    const [, service, layer] =
      /^(.*\/rest\/services\/.+\/(?:FeatureServer|MapServer))(?:\/(\d{1,6}))?(?:\/query)?\/?$/i.exec(
        url.pathname,
      ) ?? []
    return service === undefined ? null : layerOf(`${url.origin}${service}`, layer)
  },
}

function layerOf(service: string, layer: string | undefined): PortalDataset {
  return {
    async describe(ask) {
      const number = layer ?? (await onlyLayer(ask, service))
      return number === null ? null : describeLayer(ask, `${service}/${number}`)
    },
  }
}

/** Null: there is no such service. Errors: ingest.portal_has_no_file when it has several. */
async function onlyLayer(ask: AskPortal, service: string): Promise<string | null> {
  const { layers, tables } = objectOf(await ask(new URL(`${service}?f=json`)))
  const all = [...listOf(layers), ...listOf(tables)]
    .map(objectOf)
    .filter(({ id }) => Number.isSafeInteger(id))
  if (all.length === 0) return null
  if (all.length === 1) return String(all[0]!.id)
  const named = all.map(({ id, name }) => `${id} (${textOf(name) ?? ''})`)
  throw notReadable(
    service,
    `several layers, of which one is to be named in the address: ${named.join(', ')}`,
  )
}

/** Pages of a service that says nothing of them. */
const usualPage = 1000

async function describeLayer(ask: AskPortal, base: string): Promise<PortalDescription | null> {
  const layer = objectOf(await ask(new URL(`${base}?f=json`)))
  if (!Array.isArray(layer.fields)) return null
  const formats = textOf(layer.supportedQueryFormats) ?? ''
  if (!/geojson/i.test(formats)) throw notReadable(base, formats || 'no format that says what it is')
  // Without pages a layer gives its first records and keeps quiet about the others.
  if (objectOf(layer.advancedQueryCapabilities).supportsPagination !== true)
    throw notReadable(base, 'GeoJSON, but not in pages')
  const id =
    layer.fields.map(objectOf).find(({ type }) => type === 'esriFieldTypeOID')?.name ?? layer.objectIdField
  const query = new URLSearchParams({ where: '1=1', outFields: '*', outSR: '4326', f: 'geojson' })
  if (typeof id === 'string') query.set('orderByFields', id)
  const most = Number(layer.maxRecordCount)
  return {
    title: textOf(layer.name),
    metadata: metadataOf({
      description: layer.description,
      license: layer.copyrightText,
      keyword: null,
      publisher: null,
      language: null,
      theme: null,
      modified: null,
    }),
    downloadUrl: `${base}/query?${query}`,
    extractor: 'geojson',
    params: {
      paging: {
        type: 'offset',
        items: 'features',
        parameter: 'resultOffset',
        size_parameter: 'resultRecordCount',
        size: Number.isSafeInteger(most) && most > 0 ? Math.min(most, 2000) : usualPage,
      },
    },
  }
}

function notReadable(url: string, formats: string): AppError {
  return new AppError('ingest.portal_has_no_file', { url: url.slice(0, 500), formats: formats.slice(0, 300) })
}
