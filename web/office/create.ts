/** A dataset out of files or addresses: what is asked of the API, by the page and by the island alike. */
import { titleOfFile } from '../../shared/title-of-file.ts'
import type { Api } from '../kit/api.ts'
import type { SourceAddress } from './source-address.ts'
import { apiPath, type Dataset, management } from './types.ts'

interface SourceDescription {
  readonly kind: string
  readonly title: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly resource: {
    readonly url: string
    readonly title: string
    readonly type: string
    readonly params: object
  }
}

const texts = ['description', 'license', 'publisher'] as const
const lists = ['keyword', 'theme'] as const

/** What another portal says of its dataset, as far as it is of the right type. */
function knownMetadata(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known: Record<string, unknown> = {}
  for (const name of texts) {
    const value = metadata[name]
    if (typeof value === 'string' && value !== '') known[name] = value
  }
  for (const name of lists) {
    const value = metadata[name]
    const all = Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : []
    if (all.length > 0) known[name] = all
  }
  return known
}

/** Answers the uid of the new dataset, which has a resource for each source. Errors: ApiError. */
export async function createFrom(
  api: Api,
  sources: readonly SourceAddress[],
  title: string,
): Promise<string> {
  // All are looked at before anything is made: an address that leads nowhere leaves nothing behind.
  const found: SourceDescription[] = []
  for (const { url, params } of sources) {
    const asked = { url, params }
    const described = await api.send<SourceDescription>('POST', `${management}/describe_source`, asked)
    const { resource } = described
    found.push({ ...described, resource: { ...resource, params: { ...resource.params, ...params } } })
  }
  const [first] = found
  const called = title || (first?.kind === 'file' ? titleOfFile(first.title ?? '') : (first?.title ?? ''))
  const metas = { default: { ...knownMetadata(first?.metadata ?? {}), title: called } }
  const { dataset_uid: uid } = await api.send<Dataset>('POST', `${management}/datasets`, { metas })
  for (const { resource } of found) await api.send('POST', apiPath(uid, '/resources'), resource)
  return uid
}
