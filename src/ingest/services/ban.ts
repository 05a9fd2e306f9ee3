import { fileForm, parseCsv, printCsv } from './csv-text.ts'
import { below, foundAt, type Geocoder, notFound } from './service.ts'
import { ServiceFault } from './service-fault.ts'

/** Base adresse nationale (France): a CSV goes in, the same with columns more comes back. adresse.data.gouv.fr/outils/api-doc */
export const ban: Geocoder = {
  name: 'geocode_ban',
  batchSize: 2000,
  async geocode({ address, keys, client, signal }) {
    const content = printCsv([['id', 'q'], ...keys.map((key, id) => [id, oneLine(key)])])
    const form = fileForm({ field: 'data', name: 'search.csv', content }, { columns: 'q' })
    const text = await client.send({ url: below(address, 'search/csv/'), method: 'POST', ...form }, signal)
    const [header, ...rows] = parseCsv(text) ?? []
    const column = (name: string) => header?.indexOf(name) ?? -1
    const [id, lat, lon] = [column('id'), column('latitude'), column('longitude')]
    if (id < 0 || lat < 0 || lon < 0) throw new ServiceFault('it did not answer with latitude and longitude')
    const [label, score] = [column('result_label'), column('result_score')]
    const answers = new Map(
      rows.map((row) => [row[id], foundAt(row[lon] ?? '', row[lat] ?? '', row[label], row[score] || null)]),
    )
    return keys.map((_, at) => answers.get(String(at)) ?? notFound)
  },
}

/** It refuses files whose lines do not count as many as its own. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 200)
