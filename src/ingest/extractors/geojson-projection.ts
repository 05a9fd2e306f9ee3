/** GeoJSON in other coordinates than WGS 84: as a parameter says, or the `crs` member that files of before 2016 have. */
import type { OpenSource } from '../bytes/source-stream.ts'
import { chunksOfLines, projectedFeature } from '../features/feature-lines.ts'
import { type Projection, projectionOf } from '../projections/projections.ts'
import { readElementLines } from '../slices/slice-json.ts'
import { integerParameter } from './parameters.ts'
import type { ReaderContext } from './reader.ts'

/**
 * The source as features in WGS 84, one a line; null when it is in WGS 84 already. `head`: its first bytes, in which a crs
 * member is looked for before the features. Errors: ingest.unknown_projection.
 */
export function projectedFeatures(
  { source }: ReaderContext,
  head: Buffer,
  opened: OpenSource,
  hasLines: boolean,
): OpenSource | null {
  const epsg = integerParameter(source.params, 'epsg', 0)
  const projection = projectionOf(epsg > 0 ? epsg : (namedProjection(head) ?? 4326))
  if (projection.isWgs84) return null
  return { ...opened, chunks: chunksOfLines(linesOf(opened, source.filename, projection, hasLines)) }
}

async function* linesOf(
  opened: OpenSource,
  filename: string,
  projection: Projection,
  hasLines: boolean,
): AsyncGenerator<string> {
  const options = { root: ['features'], filename }
  for await (const chunk of hasLines ? wholeLines(opened.chunks) : readElementLines(opened, options)) {
    for (const line of chunk.toString('utf8').split('\n')) {
      if (line !== '') yield `${projectedFeature(line, projection)}\n`
    }
  }
}

/** Chunks that end with a line. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(0x0a) + 1
    if (end === 0) {
      pieces.push(chunk)
      continue
    }
    yield Buffer.concat([...pieces, chunk.subarray(0, end)])
    pieces = [chunk.subarray(end)]
  }
  yield Buffer.concat(pieces)
}

/** Whether a source holds features one a line (GeoJSON text sequences, pages that have been joined) and no collection. */
export function isFeatureLine(head: Buffer): boolean {
  const text = head.toString('utf8').replace(/^[\uFEFF\s]+/, '')
  const end = text.indexOf('\n')
  try {
    return (JSON.parse(end < 0 ? text : text.slice(0, end)) as { type?: unknown } | null)?.type === 'Feature'
  } catch {
    // Longer than what is looked at, or no line.
    return end < 0 && /^\{\s*"type"\s*:\s*"Feature"\s*,/.test(text)
  }
}

/**
 * Of `EPSG:2154`, `urn:ogc:def:crs:EPSG::2154` and the like; another identifier is a projection nobody knows, and what is no
 * identifier says nothing.
 */
function namedProjection(head: Buffer): number | string | null {
  const [before = ''] = head.toString('latin1').split(/"features"\s*:\s*\[/, 1)
  const name = /"crs"\s*:\s*\{[^{}]*\{[^{}]*"name"\s*:\s*"([^"]{1,200})"/.exec(before)?.[1]
  if (name === undefined || !name.includes(':') || /CRS:?84$/i.test(name)) return null
  const code = /EPSG:(?::|[0-9.]+:)?(\d{4,6})$/i.exec(name)?.[1]
  return code === undefined ? name : Number(code)
}
