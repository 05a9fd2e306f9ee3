import { AppError } from '../kernel/index.ts'

/** Of a file that is kept for who asks for parts of it: several are kept at a time. */
export const maxKeptBytes = 2 ** 31

/** Passes bytes on, and fails before there are too many. Errors: `key`. */
export function atMost(
  maxBytes: number,
  key: 'exports.file_too_large' | 'exports.part_too_large',
  format: string,
): (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* limited(chunks) {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new AppError(key, { format, maxBytes })
      yield chunk
    }
  }
}
