/** What the first bytes of a text say before any of it is parsed. */
import { AppError } from '../../kernel/index.ts'

/** Bytes looked at to find the dialect and the header. */
const headBytes = 256 * 1024

export async function readHead(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let total = 0
  for await (const chunk of chunks) {
    pieces.push(chunk)
    total += chunk.length
    if (total >= headBytes) break
  }
  return Buffer.concat(pieces).subarray(0, headBytes)
}

/** Nothing but spaces and line breaks, and short enough to be all there is. */
export function isBlank(head: Buffer): boolean {
  return head.length < headBytes && head.toString('latin1').trim() === ''
}

/**
 * A sign-in or error page saved under the name of a data file is the commonest wrong file there is.
 * Errors: ingest.looks_like_html.
 */
export function refuseWebPage(head: Buffer, filename: string, format: string): void {
  const start = head.subarray(0, 4096).toString('latin1')
  const bare = start.replace(/^(\s|<\?xml[^>]*>|<!--[\s\S]*?-->)*/, '').slice(0, 20)
  if (/^<(!doctype html|html|head|body|title|script|meta)\b/i.test(bare)) {
    throw new AppError('ingest.looks_like_html', { filename, format })
  }
}
