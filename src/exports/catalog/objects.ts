import type { RowsFormat } from '../format.ts'
import { json } from '../formats/json.ts'
import { type CatalogFormat, wholeDatasets } from './catalog-format.ts'

/** An array of dataset objects, as the search API shows them. */
export const objects: CatalogFormat = {
  mediaType: json.mediaType,
  extension: 'json',
  create: (): RowsFormat => ({
    kind: 'rows',
    mediaType: json.mediaType,
    extension: 'json',
    select: () => wholeDatasets,
    async *write(rows) {
      let separator = '[\n'
      for await (const batch of rows) {
        for (const row of batch) {
          yield separator + String(row.object)
          separator = ',\n'
        }
      }
      yield separator === '[\n' ? '[]\n' : '\n]\n'
    },
  }),
}
