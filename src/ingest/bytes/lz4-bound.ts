/** LZ4 frames: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */

const frameMagic = 0x184d2204
/** By the code in the frame's header. */
const blockBytes: Readonly<Record<number, number>> = { 4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20 }
/** A byte of a compressed block stands for no more than so many. */
const maxRatio = 255

/** Most bytes that a frame can unpack to, told from its headers; Infinity: it is no whole frame. */
export function mostUnpacked(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  try {
    if (view.getUint32(0, true) !== frameMagic) return Number.POSITIVE_INFINITY
    const flags = view.getUint8(4)
    const most = blockBytes[(view.getUint8(5) >> 4) & 7]
    if (most === undefined) return Number.POSITIVE_INFINITY
    const hasSize = (flags & 0x08) !== 0
    const hasChecksums = (flags & 0x10) !== 0
    const hasDictionary = (flags & 0x01) !== 0
    let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0)
    let total = 0
    for (;;) {
      const header = view.getUint32(at, true)
      if (header === 0) return total
      const isPlain = header >>> 31 === 1
      const bytes = header & 0x7fffffff
      total += isPlain ? bytes : Math.min(most, maxRatio * bytes)
      at += 4 + bytes + (hasChecksums ? 4 : 0)
    }
  } catch (error) {
    if (error instanceof RangeError) return Number.POSITIVE_INFINITY
    throw error
  }
}
