import type { JsonObject } from '../../kernel/index.ts'
import { below, foundAt, type Geocoder, notFound, parseAnswer } from './service.ts'
import { ServiceFault } from './service-fault.ts'

/** The Locatieserver of the Netherlands: api.pdok.nl/bzk/locatieserver/search/v3_1/ui */
export const pdok: Geocoder = {
  name: 'geocode_pdok',
  batchSize: 1,
  async geocode({ address, keys, client, signal }) {
    const url = below(address, 'free')
    url.searchParams.set('q', keys[0]!.slice(0, 1000))
    url.searchParams.set('rows', '1')
    url.searchParams.set('fl', 'weergavenaam,score,centroide_ll')
    const answer = parseAnswer(await client.send({ url, method: 'GET' }, signal))
    const { docs } = ((answer ?? {}) as { response?: { docs?: unknown } }).response ?? {}
    if (!Array.isArray(docs)) throw new ServiceFault('it did not answer with documents')
    const [first] = docs as JsonObject[]
    const place = /^POINT\s*\(([-0-9.]+) ([-0-9.]+)\)$/.exec(String(first?.centroide_ll ?? ''))
    return [place ? foundAt(place[1], place[2], first!.weergavenaam, first!.score) : notFound]
  },
}
