import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** Makes a written file durable and describes it. */
export async function sealFile(path: string): Promise<{ bytes: number; sha256: string }> {
  await syncFile(path)
  return describeFile(path)
}

/** Makes a written file durable. Answers its bytes. */
export async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

export async function describeFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') }
}

export function partName(index: number): string {
  return `part-${String(index).padStart(5, '0')}.parquet`
}
