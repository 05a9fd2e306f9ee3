import type { JsonObject } from '../../kernel/index.ts'
import { below, foundAt, type Geocoder, notFound, parseAnswer } from './service.ts'
import { ServiceFault } from './service-fault.ts'

/** geocodeAddresses of an ArcGIS GeocodeServer: developers.arcgis.com/rest/geocode/geocode-addresses */
export const arcgis: Geocoder = {
  name: 'geocode_arcgis',
  batchSize: 100,
  async geocode({ address, token, keys, client, signal }) {
    const records = keys.map((key, id) => ({ attributes: { OBJECTID: id, SingleLine: key.slice(0, 500) } }))
    const body = new URLSearchParams({
      addresses: JSON.stringify({ records }),
      outSR: '4326',
      f: 'json',
      ...(token === null ? {} : { token }),
    }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const url = below(address, 'geocodeAddresses')
    const answer = parseAnswer(await client.send({ url, method: 'POST', headers, body }, signal))
    const { locations, error } = (answer ?? {}) as { locations?: unknown; error?: JsonObject }
    // Its errors come with status 200.
    if (error) throw new ServiceFault(`it answered with error ${Number(error.code)}`)
    if (!Array.isArray(locations)) throw new ServiceFault('it did not answer with locations')
    const answers = new Map(
      (locations as JsonObject[]).map((one) => {
        const { x, y } = (one.location ?? {}) as JsonObject
        const id = (one.attributes as JsonObject | undefined)?.ResultID
        return [id, Number(one.score) > 0 ? foundAt(x ?? null, y ?? null, one.address, one.score) : notFound]
      }),
    )
    return keys.map((_, id) => answers.get(id) ?? notFound)
  },
}
