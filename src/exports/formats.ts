/** Export formats: routes, their list and OpenAPI take them from here. */
import { AppError } from '../kernel/index.ts'
import type { ExportFormat } from './format.ts'
import { csv } from './formats/csv.ts'
import { fgb } from './formats/fgb.ts'
import { geojson } from './formats/geojson.ts'
import { gpx } from './formats/gpx.ts'
import { ics } from './formats/ics.ts'
import { json } from './formats/json.ts'
import { jsonl } from './formats/jsonl.ts'
import { jsonld } from './formats/jsonld.ts'
import { kml } from './formats/kml.ts'
import { n3 } from './formats/n3.ts'
import { ov2 } from './formats/ov2.ts'
import { parquet } from './formats/parquet.ts'
import { rdfxml } from './formats/rdfxml.ts'
import { shp } from './formats/shp.ts'
import { turtle } from './formats/turtle.ts'
import { xlsx } from './formats/xlsx.ts'

export const exportFormats: Readonly<Record<string, ExportFormat>> = {
  csv,
  fgb,
  geojson,
  gpx,
  ics,
  json,
  jsonl,
  jsonld,
  kml,
  n3,
  ov2,
  parquet,
  rdfxml,
  shp,
  turtle,
  xlsx,
}

/** Errors: exports.unknown_format. */
export function formatOf(name: string): ExportFormat {
  if (!Object.hasOwn(exportFormats, name)) {
    throw new AppError('exports.unknown_format', {
      format: name.slice(0, 40),
      known: Object.keys(exportFormats).join(', '),
    })
  }
  return exportFormats[name]!
}

/** The formats that fields of these types can be exported as. */
export function formatsFor(types: readonly string[]): string[] {
  return Object.entries(exportFormats)
    .filter(([, { needs }]) => !needs || needs.some((type) => types.includes(type)))
    .map(([name]) => name)
}
