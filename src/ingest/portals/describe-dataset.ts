import { AppError } from '../../kernel/index.ts'
import { fetchDocument } from '../fetch/fetch-document.ts'
import type { FetchPolicy } from '../fetch/guarded-agent.ts'
import { arcgis } from './arcgis.ts'
import { ckan } from './ckan.ts'
import { opendatasoft } from './opendatasoft.ts'
import type { Portal, PortalDescription } from './portal.ts'
import { socrata } from './socrata.ts'

/** Every kind of portal, those whose addresses say most first. A new one is one file and one entry here. */
const portals: readonly Portal[] = [opendatasoft, arcgis, socrata, ckan]

/**
 * A dataset of another portal by the address of its page or of its API. Null: no portal has such addresses, or none
 * that has is there. Errors: those of a fetch, ingest.page_unreadable, ingest.portal_has_no_file.
 */
export async function describePortalDataset(
  text: string,
  policy: FetchPolicy,
  signal: AbortSignal,
): Promise<(PortalDescription & { readonly kind: string }) | null> {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  const ask = (at: URL) => fetchDocument(at.href, policy, signal)
  for (const { kind, recognise } of portals) {
    const dataset = recognise(url)
    if (!dataset) continue
    try {
      const description = await dataset.describe(ask)
      if (description) return { kind, ...description }
    } catch (error) {
      if (!isNoPortal(error)) throw error
    }
  }
  return null
}

/** Something answers there that is not this kind of portal, or does not have this dataset. */
function isNoPortal(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  if (error.key === 'ingest.page_unreadable') return true
  return error.key === 'ingest.fetch_status' && [400, 404, 405, 410].includes(Number(error.params.status))
}
