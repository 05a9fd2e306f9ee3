/** Export formats of the catalog. */
import { AppError } from '../../kernel/index.ts'
import type { ExportFormat } from '../format.ts'
import { csv } from '../formats/csv.ts'
import { json } from '../formats/json.ts'
import { xlsx } from '../formats/xlsx.ts'
import type { CatalogFormat } from './catalog-format.ts'
import { dataJson } from './data-json.ts'
import { profileFormats, rdf, ttl } from './dcat.ts'
import { dublinCore } from './dublin-core.ts'
import { objects } from './objects.ts'
import { rss } from './rss.ts'

const table = (format: ExportFormat): CatalogFormat => ({
  mediaType: format.mediaType,
  extension: format.extension,
  create: () => format,
  isTable: true,
})

export const catalogFormats: Readonly<Record<string, CatalogFormat>> = {
  csv: table(csv),
  'data.json': dataJson,
  dcat: rdf,
  ...profileFormats,
  dublin_core: dublinCore,
  json: objects,
  rdf,
  rss,
  ttl,
  xlsx: table(xlsx),
}

/**
 * The format of that name; JSON of some fields alone is a table like CSV. Errors: exports.unknown_format,
 * exports.whole_datasets_only.
 */
export function catalogFormatOf(name: string, isSelection: boolean): CatalogFormat {
  if (!Object.hasOwn(catalogFormats, name)) {
    throw new AppError('exports.unknown_format', {
      format: name.slice(0, 40),
      known: Object.keys(catalogFormats).join(', '),
    })
  }
  const format = catalogFormats[name]!
  if (!isSelection || format.isTable) return format
  if (name === 'json') return table(json)
  throw new AppError('exports.whole_datasets_only', { format: name })
}
