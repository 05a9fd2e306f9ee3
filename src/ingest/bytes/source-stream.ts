/** A source that is being read. */
export interface OpenSource {
  /** UTF-8 without byte order mark. */
  readonly chunks: AsyncIterable<Buffer>
  bytesRead(): number
  close(): void
}
