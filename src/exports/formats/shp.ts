/**
 * ESRI shapefile (https://www.esri.com/content/dam/esrisites/sitecore-archive/Files/Pdfs/library/whitepapers/pdfs/shapefile.pdf):
 * a zip with one set of shp, shx, dbf, prj and cpg for each kind of geometry that there is. A record without a geometry
 * has a null shape in the first set; one with several kinds is in the set of each.
 */
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FileFormat, FileJob } from '../format.ts'
import { attributesOf } from '../print/features.ts'
import { geoColumns, geoJsonSql, geoTypes } from '../print/geometry.ts'
import { textSql } from '../print/text-values.ts'
import { projectionOf } from '../projections.ts'
import { dbfColumns } from '../shapefile/dbf.ts'
import { openShapeSet, type ShapeSet } from '../shapefile/shape-set.ts'
import { type ShapeKind, shapesOf } from '../shapefile/shapes.ts'
import { zipOf } from '../zip.ts'

export const shp: FileFormat = {
  kind: 'file',
  mediaType: 'application/zip',
  extension: 'zip',
  needs: geoTypes,
  isProjected: true,
  async write(job) {
    const { context, path } = job
    const { options } = context
    const { wkt, project } = projectionOf(options.epsg)
    const directory = `${path}-sets`
    await mkdir(directory)
    const sets = new Map<ShapeKind, ShapeSet>()
    try {
      const { widths, kinds } = await measure(job)
      const columns = dbfColumns(attributesOf(context.columns), widths)
      const setOf = async (kind: ShapeKind) => {
        const open =
          sets.get(kind) ?? (await openShapeSet(join(directory, kind), kind, columns, options.processedAt))
        sets.set(kind, open)
        return open
      }
      for await (const batch of job.rows(selectOf(job))) {
        for (const row of batch) {
          const shapes = row.geometry === null ? [] : shapesOf(JSON.parse(String(row.geometry)), project)
          if (shapes.length === 0) (await setOf(kinds[0] ?? 'point')).add(null, row)
          for (const shape of shapes) (await setOf(shape.kind)).add(shape, row)
        }
        for (const set of sets.values()) await set.flush()
      }
      if (sets.size === 0) await setOf(kinds[0] ?? 'point')
      for (const set of sets.values()) await set.close()
      const name = (kind: ShapeKind) => (sets.size === 1 ? options.datasetId : `${options.datasetId}_${kind}`)
      const entries = [...sets.keys()].flatMap((kind) => [
        ...['shp', 'shx', 'dbf'].map((extension) => ({
          name: `${name(kind)}.${extension}`,
          content: `${join(directory, kind)}.${extension}`,
        })),
        { name: `${name(kind)}.prj`, content: Buffer.from(wkt) },
        { name: `${name(kind)}.cpg`, content: Buffer.from('UTF-8') },
      ])
      await pipeline(zipOf(entries, options.processedAt), createWriteStream(path), { signal: job.signal })
    } finally {
      for (const set of sets.values()) await set.close()
      await rm(directory, { recursive: true, force: true })
    }
  },
}

function selectOf({ context }: FileJob): string {
  const { columns, options } = context
  return [
    `${geoJsonSql(columns)}::varchar as geometry`,
    ...attributesOf(columns).map((column, index) => `${textSql(column, options)} as a${index}`),
  ].join(', ')
}

const kindNames: readonly (readonly [kind: ShapeKind, types: readonly string[]])[] = [
  ['point', ['Point']],
  ['multipoint', ['MultiPoint']],
  ['line', ['LineString', 'MultiLineString']],
  ['polygon', ['Polygon', 'MultiPolygon']],
]

/** Bytes of the longest value of each attribute, and which kinds of geometry occur. */
async function measure(job: FileJob): Promise<{ widths: number[]; kinds: ShapeKind[] }> {
  const { columns } = job.context
  const attributes = attributesOf(columns).map((_, index) => `max(strlen(a${index})) as w${index}`)
  const hasShapes = geoColumns(columns).shape !== null
  const types = hasShapes ? `list(distinct json_extract_string(geometry, '$.type'))` : `['Point']`
  const [row] = await job.turn(() =>
    job.connection.all(
      `select ${[...attributes, `array_to_string(${types}, ',') as kinds`].join(', ')} from (select ${selectOf(job)} from (${job.statement.sql}))`,
      job.statement.values,
      job.signal,
    ),
  )
  const present = String(row!.kinds ?? '').split(',')
  return {
    widths: attributes.map((_, index) => Number(row![`w${index}`] ?? 0)),
    kinds: kindNames
      .filter(([, names]) => names.some((name) => present.includes(name)))
      .map(([kind]) => kind),
  }
}
