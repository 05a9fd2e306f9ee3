/** The bytes of one slice after the other, in one block of memory that is used again and again. */
export interface Gathered {
  /** Copies them behind those that are there. */
  add(bytes: Buffer): void
  length(): number
  /** What was added since the last `clear`; holds until the next `add`. */
  bytes(): Buffer
  clear(): void
}

/** Room for what the last chunk brings beyond a full slice. */
const spareBytes = 1 << 20

/** `usualBytes`: of a full slice; more is taken where a record needs it. */
export function createGathered(usualBytes: number): Gathered {
  let block = Buffer.alloc(0)
  let length = 0

  function makeRoom(needed: number): void {
    const doubled = Math.min(block.length * 2, usualBytes + spareBytes)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, doubled))
    block.copy(larger, 0, 0, length)
    block = larger
  }

  return {
    add(bytes) {
      if (length + bytes.length > block.length) makeRoom(length + bytes.length)
      bytes.copy(block, length)
      length += bytes.length
    },
    length: () => length,
    bytes: () => block.subarray(0, length),
    clear() {
      length = 0
    },
  }
}
