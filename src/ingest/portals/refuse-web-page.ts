import { AppError } from '../../kernel/index.ts'
import { refuseMarkup } from '../extractors/head.ts'

/** The page around a file, or a sign-in page, is no source. Errors: ingest.looks_like_html. */
export function refuseWebPage(head: Buffer, filename: string): void {
  try {
    refuseMarkup(head, filename, 'a file of data')
  } catch (error) {
    // Other markup may well be one.
    if (error instanceof AppError && error.key === 'ingest.looks_like_html') throw error
  }
}
