import { fileForm, parseCsv, printCsv } from './csv-text.ts'
import { below, foundAt, type Geocoder, notFound } from './service.ts'
import { ServiceFault } from './service-fault.ts'

/** The batch geocoder of the US Census Bureau: geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html */
export const census: Geocoder = {
  name: 'geocode_census',
  batchSize: 1000,
  async geocode({ address, keys, client, signal }) {
    const content = printCsv(keys.map((key, id) => [id, ...partsOf(key)]))
    const form = fileForm(
      { field: 'addressFile', name: 'addresses.csv', content },
      { benchmark: 'Public_AR_Current' },
    )
    const url = below(address, 'geocoder/locations/addressbatch')
    const rows = parseCsv(await client.send({ url, method: 'POST', ...form }, signal))
    // id, what was asked, Match, Exact, what was found, "lon,lat", ...; in any order.
    if (!rows?.every((row) => /^[0-9]+$/.test(row[0] ?? '') && row.length > 2))
      throw new ServiceFault('it did not answer with a line for each address')
    const answers = new Map(
      rows.map((row) => {
        const [lon = '', lat = ''] = (row[5] ?? '').split(',')
        const score = row[3] === 'Exact' ? 1 : 0.5
        return [row[0], row[2] === 'Match' ? foundAt(lon, lat, row[4], score) : notFound]
      }),
    )
    return keys.map((_, id) => answers.get(String(id)) ?? notFound)
  },
}

/** Street, city, state, ZIP code: a key is the JSON array of the four. */
function partsOf(key: string): string[] {
  const parts = JSON.parse(key) as unknown[]
  return [0, 1, 2, 3].map((at) =>
    String(parts[at] ?? '')
      .replace(/\s+/g, ' ')
      .slice(0, 200),
  )
}
