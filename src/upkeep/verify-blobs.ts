import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { blobPath } from '../kernel/index.ts'
import type { Findings } from './findings.ts'
import { hashFile } from './hash-file.ts'
import type { NamedBlob } from './verify-control.ts'

/** Sources, each under the hash of its content: those that are named must be there, and none may be another. */
export async function verifyBlobs(
  blobs: string,
  named: readonly NamedBlob[],
  isQuick: boolean,
  findings: Findings,
): Promise<void> {
  for (const { sha256, bytes, of, isRemote } of named) {
    const subject = `blob ${sha256}`
    const found = await stat(blobPath(blobs, sha256)).catch(() => null)
    if (!found) {
      const message = `the source of ${of} is missing`
      if (isRemote)
        findings.warn('blob_missing', subject, null, `${message}; the next publish fetches it again`)
      else findings.error('blob_missing', subject, null, message)
    } else if (found.size !== bytes)
      findings.error('size_differs', subject, null, `it has ${found.size} bytes instead of ${bytes} (${of})`)
  }
  for await (const sha256 of listBlobs(blobs)) {
    findings.counts.blobs++
    if (isQuick) continue
    const path = blobPath(blobs, sha256)
    const found = await hashFile(path).catch(() => null)
    findings.counts.bytesHashed += (await stat(path).catch(() => null))?.size ?? 0
    // The collector may have taken it while a server runs.
    if (found === null && !(await stat(path).catch(() => null))) continue
    if (found !== sha256)
      findings.error('hash_differs', `blob ${sha256}`, null, 'its content is not what its name says')
  }
}

async function* listBlobs(blobs: string): AsyncGenerator<string> {
  for (const shard of await readdir(blobs).catch(() => [])) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    for (const name of await readdir(join(blobs, shard))) if (/^[0-9a-f]{64}$/.test(name)) yield name
  }
}
