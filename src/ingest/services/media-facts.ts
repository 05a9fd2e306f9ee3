/** What a file is, from its first bytes: media types that the server vouches for, and the size of images. */
import { mediaTypeOf } from '../../kernel/index.ts'

export interface MediaFacts {
  readonly mimetype: string
  /** Of an image that says so. */
  readonly width?: number
  readonly height?: number
}

/** Bytes that are looked at: sizes of JPEG files come behind their metadata. */
export const headBytes = 256 << 10

/** `said`: the media type that came along; believed where the bytes do not tell, and never as a web page. */
export function readFacts(head: Buffer, said: string | null): MediaFacts {
  const mimetype = mediaTypeOf(head) ?? plainType(said)
  const size = sizeOf(mimetype, head)
  return size && size.width > 0 && size.height > 0 ? { mimetype, ...size } : { mimetype }
}

const unknownType = 'application/octet-stream'

function plainType(said: string | null): string {
  const type = (said ?? '').split(';')[0]!.trim().toLowerCase()
  if (!/^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(type)) return unknownType
  return /html|javascript|ecmascript|^image\//.test(type) ? unknownType : type
}

type Size = { readonly width: number; readonly height: number }

function sizeOf(mimetype: string, head: Buffer): Size | null {
  try {
    switch (mimetype) {
      case 'image/png':
        return ascii(head, 12, 16) === 'IHDR'
          ? { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
          : null
      case 'image/gif':
        return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
      case 'image/bmp':
        return { width: Math.abs(head.readInt32LE(18)), height: Math.abs(head.readInt32LE(22)) }
      case 'image/jpeg':
        return jpegSize(head)
      case 'image/webp':
        return webpSize(head)
      default:
        return null
    }
  } catch (error) {
    // Too short for what it says it is.
    if (error instanceof RangeError) return null
    throw error
  }
}

/** ITU T.81: the frame header, SOF0 to SOF15 without the tables that have numbers among them. */
function jpegSize(head: Buffer): Size | null {
  let at = 2
  while (at + 9 < head.length) {
    if (head[at] !== 0xff) return null
    const marker = head[at + 1]!
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) {
      at += marker === 0xff ? 1 : 2
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return null
}

/** RFC 9649, sections 2.5 to 2.7. */
function webpSize(head: Buffer): Size | null {
  switch (ascii(head, 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
    case 'VP8L': {
      const bits = head.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff }
    default:
      return null
  }
}

const ascii = (head: Buffer, from: number, to: number) => head.toString('latin1', from, to)
