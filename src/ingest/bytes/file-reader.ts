import { type FileHandle, open } from 'node:fs/promises'

/** A file read from one end to the other in pieces of asked lengths. */
export interface FileReader {
  readonly size: number
  position(): number
  /** The next bytes; null when fewer are left. A promise only where the file has to be read. */
  take(bytes: number): Buffer | null | Promise<Buffer | null>
  close(): void
}

const blockBytes = 1 << 20

export async function openFile(path: string): Promise<FileReader> {
  const handle: FileHandle = await open(path, 'r')
  const { size } = await handle.stat()
  let block = Buffer.alloc(0)
  let at = 0
  let position = 0

  async function refill(bytes: number): Promise<Buffer | null> {
    const rest = block.subarray(at)
    const next = Buffer.allocUnsafe(Math.max(blockBytes, bytes))
    rest.copy(next)
    let length = rest.length
    while (length < bytes) {
      const { bytesRead } = await handle.read(next, length, next.length - length, position + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    block = next.subarray(0, length)
    at = 0
    return length < bytes ? null : taken(bytes)
  }

  function taken(bytes: number): Buffer {
    const piece = block.subarray(at, at + bytes)
    at += bytes
    position += bytes
    return piece
  }

  return {
    size,
    position: () => position,
    take(bytes) {
      if (block.length - at >= bytes) return taken(bytes)
      return position + bytes > size ? null : refill(bytes)
    },
    close: () => void handle.close().catch(() => {}),
  }
}
