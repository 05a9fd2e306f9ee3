/** XML sources as streams of elements, checked first for what is no XML at all. */
import { AppError } from '../../../kernel/index.ts'
import { openUnpacked } from '../../bytes/open-source.ts'
import type { OpenSource } from '../../bytes/source-stream.ts'
import { decodeXml } from '../../xml/xml-text.ts'
import { isBlank, readHead, refuseBinary, refuseWebPage } from '../head.ts'
import { textParameter } from '../parameters.ts'
import type { ReaderContext } from '../reader.ts'

/** Errors: ingest.source_is_empty, ingest.not_text, ingest.looks_like_html. */
export async function requireXml({ source, maxSourceBytes }: ReaderContext): Promise<void> {
  const { path, filename } = source
  const bytes = await openUnpacked({ path, filename, maxBytes: maxSourceBytes })
  const head = await readHead(bytes.chunks)
  bytes.close()
  if (isBlank(head)) throw new AppError('ingest.source_is_empty', { filename })
  refuseBinary(head, filename, 'XML')
  refuseWebPage(head, filename, 'XML')
}

/** The text of an XML source, from its start. */
export async function openXmlText({
  source,
  maxSourceBytes,
}: ReaderContext): Promise<Omit<OpenSource, 'chunks'> & { readonly text: AsyncIterable<string> }> {
  const { path, filename, params } = source
  const { chunks, bytesRead, close } = await openUnpacked({ path, filename, maxBytes: maxSourceBytes })
  return {
    text: decodeXml(chunks, { filename, encoding: textParameter(params, 'encoding') }),
    bytesRead,
    close,
  }
}
