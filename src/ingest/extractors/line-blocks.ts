/** Bytes of converted lines handed on at a time, at most; a slice is never cut within. */
export const mostBlockBytes = 256 << 10

/** Lines, each with its line feed, as blocks of bytes. */
export async function* blocksOf(
  lines: AsyncIterable<readonly string[]>,
  sliceBytes: number,
): AsyncGenerator<Buffer> {
  const blockBytes = Math.min(mostBlockBytes, sliceBytes)
  let text = ''
  for await (const batch of lines) {
    for (const line of batch) {
      text += line
      if (text.length < blockBytes) continue
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text)
}
