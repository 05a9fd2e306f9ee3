import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'

/**
 * A form with one file in its part `file`, as a stream of bytes. Not through `openAsBlob`: on Node 24 a blob of a file
 * knows its size modulo 4 GiB, and would send the file cut off as if it were whole.
 * `boundary`: what no file contains, some 32 random characters.
 */
export function fileForm(
  path: string,
  boundary: string,
): { readonly contentType: string; readonly body: Readable } {
  // As browsers do it: https://html.spec.whatwg.org/#multipart-form-data
  const name = basename(path).replace(/["\r\n]/g, (character) => encodeURIComponent(character))
  async function* parts(): AsyncGenerator<Buffer> {
    yield Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    )
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Readable.from(parts(), { objectMode: false }),
  }
}
