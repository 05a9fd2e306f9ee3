import type { JsonObject } from '../../kernel/index.ts'
import { below, foundAt, type Geocoder, notFound, parseAnswer } from './service.ts'
import { ServiceFault } from './service-fault.ts'

/** OpenStreetMap's geocoder: nominatim.org/release-docs/latest/api/Search */
export const nominatim: Geocoder = {
  name: 'geocode_nominatim',
  batchSize: 1,
  async geocode({ address, keys, request, client, signal }) {
    const url = below(address, 'search')
    url.searchParams.set('q', keys[0]!.slice(0, 1000))
    url.searchParams.set('format', 'jsonv2')
    url.searchParams.set('limit', '1')
    if (typeof request.country === 'string' && request.country !== '')
      url.searchParams.set('countrycodes', request.country)
    const answer = parseAnswer(await client.send({ url, method: 'GET' }, signal))
    if (!Array.isArray(answer)) throw new ServiceFault('it did not answer with a list of places')
    const [first] = answer as JsonObject[]
    return [first ? foundAt(first.lon, first.lat, first.display_name, first.importance) : notFound]
  },
}
