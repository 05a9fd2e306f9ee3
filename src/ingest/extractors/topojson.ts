/** TopoJSON: the geometries of one of its objects, as features. Arcs are shared, so the whole file is in memory, bounded. */
import { AppError, type JsonValue } from '../../kernel/index.ts'
import { openText } from '../bytes/open-source.ts'
import { chunksOfLines, featureLine, type Property } from '../features/feature-lines.ts'
import { readTopology, type Topology } from '../features/topology.ts'
import { projectionOf } from '../projections/projections.ts'
import { refuseBinary, refuseMarkup } from './head.ts'
import { openConverted } from './json.ts'
import { epsgParameter, extractFilename, integerParameter, textParameter } from './parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from './reader.ts'

/** Positions take seven times their text in memory. */
const mostBytes = 32 << 20

export const topojsonExtractor: Extractor = {
  type: 'topojson',
  label: 'TopoJSON file',
  kinds: [/\.topojson(\.gz)?$/i, /\.topo\.json(\.gz)?$/i],
  parameters: [
    {
      name: 'topo_object',
      label: 'Object',
      type: 'text',
      description: 'Name of the object whose geometries are the records; empty: the one with the most',
      default: null,
      is_mandatory: false,
    },
    epsgParameter,
    extractFilename,
  ],
  open: openTopology,
}

async function openTopology(context: ReaderContext): Promise<SourceReader> {
  const { source } = context
  const { filename } = source
  const projection = projectionOf(integerParameter(source.params, 'epsg', 0) || 4326)
  const topology = await read(context)
  const name = nameOf(topology, textParameter(source.params, 'topo_object'), source.filename)
  let written = 0
  function* lines(): Generator<string> {
    for (const { id, properties, geometry } of topology.geometriesOf(name)) {
      const own: Property[] = Object.entries(properties).map(([key, value]) => [key, JSON.stringify(value)])
      if (id !== null && !Object.hasOwn(properties, 'id')) own.unshift(['id', JSON.stringify(id)])
      const line = featureLine(own, geometry, projection)
      written += line.length
      if (written > context.maxSourceBytes)
        throw new AppError('ingest.decompressed_too_large', { filename, maxBytes: context.maxSourceBytes })
      yield line
    }
  }
  return openConverted(context, {
    layout: 'features',
    isUntyped: false,
    opened: { chunks: chunksOfLines(lines()), bytesRead: () => source.bytes, close: () => {} },
  })
}

/** Errors: ingest.source_is_empty, invalid_topojson, decompressed_too_large, and those of the bytes. */
async function read({ source, maxSourceBytes, stop }: ReaderContext): Promise<Topology> {
  const { filename, path } = source
  const opened = await openText({ path, filename, maxBytes: maxSourceBytes, encoding: undefined, stop })
  try {
    const chunks: Buffer[] = []
    let total = 0
    for await (const chunk of opened.chunks) {
      total += chunk.length
      if (total > mostBytes) throw invalid(filename, `it is larger than ${mostBytes} bytes`)
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    if (bytes.toString('utf8', 0, 100).trim() === '' && bytes.toString('utf8').trim() === '')
      throw new AppError('ingest.source_is_empty', { filename })
    const head = bytes.subarray(0, 8192)
    refuseBinary(head, filename, 'TopoJSON')
    refuseMarkup(head, filename, 'TopoJSON')
    const topology = readTopology(parse(bytes.toString('utf8'), filename))
    if (topology) return topology
    throw invalid(filename, 'it is no topology with objects and arcs')
  } finally {
    opened.close()
  }
}

function parse(text: string, filename: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw invalid(filename, 'it is not valid JSON')
  }
}

/** Errors: ingest.layer_not_found. */
function nameOf(topology: Topology, wanted: string | undefined, filename: string): string {
  const { objects } = topology
  if (wanted !== undefined && objects.includes(wanted)) return wanted
  if (wanted !== undefined || objects.length === 0)
    throw new AppError('ingest.layer_not_found', {
      filename,
      layer: wanted ?? 'of features',
      known: objects.join(', ').slice(0, 500) || 'none',
    })
  const counts = objects.map((name) => ({ name, count: topology.sizeOf(name) }))
  return counts.sort((a, b) => b.count - a.count)[0]!.name
}

function invalid(filename: string, reason: string): AppError {
  return new AppError('ingest.invalid_topojson', { filename, reason })
}
