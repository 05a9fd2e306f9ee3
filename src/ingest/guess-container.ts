/** Files that hold other files, and files whose first bytes name them: archives, databases, XML by its root. */
import { inflateRawSync } from 'node:zlib'
import { isLitter } from './archives/member-names.ts'
import { isZip } from './archives/open-archive.ts'
import { isTarHeader } from './archives/tar-archive.ts'
import { extractors } from './extractors/extractors.ts'

export interface FileEnds {
  /** In lower case, without .gz. */
  readonly name: string
  /** First bytes, unpacked where gzipped. */
  readonly head: Buffer
  /** Last bytes; may be none. */
  readonly tail: Buffer
}

/** What members are looked for in this order: an archive of shapes may hold a table of something else beside them. */
const geographic = ['shapefile', 'geopackage', 'kml', 'gpx', 'geojson']

/** The extractor of a container; null when it is none that is known. `guessMember`: of what a member holds. */
export function guessContainer(
  { name, head, tail }: FileEnds,
  guessMember: (name: string, head: Buffer) => string,
): string | null {
  if (head.toString('latin1', 0, 16) === 'SQLite format 3\0') {
    const isMarked = /^GP(KG|10|11)$/.test(head.toString('latin1', 68, 72))
    return isMarked || name.endsWith('.gpkg') ? 'geopackage' : null
  }
  const root = /^[\uFEFF\s]*(?:<\?[^>]*>\s*|<!--[^>]*-->\s*){0,20}<(?:[\w.-]+:)?(kml|gpx)[\s>]/.exec(
    head.toString('utf8', 0, 4096),
  )?.[1]
  if (root !== undefined) return root
  const members = isZip(head) ? zipMembers(head, tail) : isTarHeader(head) ? tarMembers(head) : null
  if (members === null || members.some(({ name: member }) => isOfDocument(member))) return null
  const wanted = members.filter((member) => !member.name.endsWith('/') && !isLitter(member.name))
  const type = typeByNames(wanted.map((member) => member.name))
  if (type !== null && geographic.includes(type)) return type
  // What a file holds says more than its name.
  const kinds = (type === null ? undefined : extractors.get(type)?.kinds) ?? []
  const read = wanted.find((member) => kinds.some((kind) => kind.test(member.name))) ?? wanted[0]
  return read && read.head.length > 0 ? guessMember(read.name, read.head) : type
}

/** Office documents are zips of their own kind. */
const isOfDocument = (member: string) => member === '[Content_Types].xml' || member === 'mimetype'

function typeByNames(names: readonly string[]): string | null {
  const order = [...geographic, ...[...extractors.keys()].filter((type) => !geographic.includes(type))]
  const isOf = (type: string) => {
    const [first] = extractors.get(type)?.kinds ?? []
    return first !== undefined && names.some((name) => first.test(name))
  }
  return order.find(isOf) ?? null
}

interface SeenMember {
  readonly name: string
  /** What can be seen of its content. */
  readonly head: Buffer
}

const mostSeen = 1000
/** Compressed bytes that are looked at. */
const peekedBytes = 8192

/** Members whose own headers are among the first bytes, and names in the directory among the last. */
function zipMembers(head: Buffer, tail: Buffer): SeenMember[] {
  const seen: SeenMember[] = []
  const names = new Set<string>()
  const add = (name: string, content: Buffer) => {
    if (names.has(name)) return
    names.add(name)
    seen.push({ name, head: content })
  }
  for (let at = 0; at >= 0 && seen.length < mostSeen; at = head.indexOf('PK\x03\x04', at + 4, 'latin1')) {
    if (at + 30 > head.length) break
    const nameEnd = at + 30 + head.readUInt16LE(at + 26)
    if (nameEnd > head.length) break
    const start = nameEnd + head.readUInt16LE(at + 28)
    const content = head.subarray(start, start + peekedBytes)
    add(
      head.toString('utf8', at + 30, nameEnd),
      head.readUInt16LE(at + 8) === 8 ? inflated(content) : content,
    )
  }
  for (
    let at = tail.indexOf('PK\x01\x02', 0, 'latin1');
    at >= 0 && at + 46 <= tail.length && seen.length < mostSeen;
    at = tail.indexOf('PK\x01\x02', at + 4, 'latin1')
  ) {
    add(tail.toString('utf8', at + 46, at + 46 + tail.readUInt16LE(at + 28)), Buffer.alloc(0))
  }
  return seen
}

function inflated(packed: Buffer): Buffer {
  try {
    return inflateRawSync(packed, { finishFlush: 2, maxOutputLength: 16 << 20 }).subarray(0, 1 << 16)
  } catch {
    return Buffer.alloc(0)
  }
}

function tarMembers(head: Buffer): SeenMember[] {
  const seen: SeenMember[] = []
  for (let at = 0; at + 512 <= head.length && seen.length < mostSeen; ) {
    const header = head.subarray(at, at + 512)
    if (!isTarHeader(header)) break
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8)
    if (!Number.isFinite(size) || size < 0) break
    const name = header.toString('utf8', 0, 100).replace(/\0[\s\S]*$/, '')
    const isFile = header[156] === 0 || header[156] === 0x30
    if (isFile) seen.push({ name, head: head.subarray(at + 512, at + 512 + Math.min(size, 1 << 16)) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return seen
}
