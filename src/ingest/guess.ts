/** Which extractor fits a file, from its name, its media type and its first bytes. */
import { gunzipSync } from 'node:zlib'
import type { JsonObject } from '../kernel/index.ts'
import { extractors } from './extractors/extractors.ts'
import { sniffBinary, sniffXml } from './extractors/sniff.ts'
import { guessContainer } from './guess-container.ts'

/** Extractors by how well they fit, best first; the rest behind. */
export function guessExtractors(
  filename: string,
  head: Buffer,
  tail?: Buffer,
): { recommended: string[]; others: string[] } {
  const best = guessExtractor(filename, head, tail)
  const others = [...extractors.keys()].filter((type) => type !== best)
  return { recommended: [best], others }
}

/** Best guess; `csvfile` when nothing else fits. `tail`: the last bytes, where an archive has its directory. */
export function guessExtractor(filename: string, head: Buffer, tail: Buffer = Buffer.alloc(0)): string {
  const bytes = unpackedHead(head)
  const name = filename.toLowerCase().replace(/\.gz$/, '')
  if (/^PK/.test(bytes.toString('latin1', 0, 2)) && /\.(xlsx|xlsm|xltx|ods)$/.test(name)) return 'xlsfile'
  const container = guessContainer({ name, head: bytes, tail }, guessExtractor)
  if (container !== null) return container
  if (bytes.subarray(0, 4).toString('latin1') === 'PAR1' || name.endsWith('.parquet')) return 'parquet'
  const binary = sniffBinary(bytes)?.extractor
  if (binary) return binary
  if (/\.(arrow|arrows|feather)$/.test(name)) return 'arrow'
  if (/\.(fwf|fixed)$/.test(name)) return 'fixed_width'
  const xml = sniffXml(bytes)
  if (xml) return xml.extractor
  const text = bytes
    .subarray(0, 4096)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (/\.topo\.?json$/.test(name) || (text.startsWith('{') && /"type"\s*:\s*"Topology"/.test(text)))
    return 'topojson'
  if (name.endsWith('.geojson') || (text.startsWith('{') && /"type"\s*:\s*"Feature(Collection)?"/.test(text)))
    return 'geojson'
  if (/\.(jsonl|ndjson)$/.test(name)) return 'jsonl'
  if (text.startsWith('{') && /^\{[^\n]*\}\s*\n\s*\{/.test(text)) return 'jsonl'
  if (text.startsWith('[') || text.startsWith('{') || name.endsWith('.json')) return 'jsonfile'
  return 'csvfile'
}

/** Parameters worth filling in for a file; extractors detect the rest by themselves over the whole file. */
export function guessExtractorParams(extractor: string, filename: string): JsonObject {
  if (extractor === 'xlsfile') return { headers_first_row: true, first_row_no: 1 }
  if (extractor !== 'csvfile') return {}
  const params: JsonObject = { headers_first_row: true, first_row_no: 1, doublequote: true }
  if (/\.(tsv|tab)(\.gz)?$/i.test(filename)) params.separator = '\t'
  return params
}

function unpackedHead(head: Buffer): Buffer {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head
  try {
    return gunzipSync(head, { finishFlush: 2, maxOutputLength: 1 << 20 })
  } catch {
    return Buffer.alloc(0)
  }
}
