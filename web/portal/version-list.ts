/** Saved versions and what changed between them: the management API tells those who may edit the dataset, nobody else. */
import type { PageContext } from '../kit/page.ts'
import type { Dataset } from './dataset.ts'

export interface Version {
  readonly version_uid: string
  readonly label: string | null
  readonly note: string | null
  readonly created_at: string
  readonly records_count: number | null
}

export interface VersionDiff {
  readonly added: number
  readonly removed: number
  readonly changed: number
}

export interface VersionList {
  readonly versions: readonly (Version & { readonly diff: VersionDiff | null })[]
}

const most = 10
/** Comparing larger ones takes seconds, which a page does not have: `GET …/diff` tells. */
const comparedRecords = 100_000

/** Null for who may not see them. */
export async function loadVersions(
  { api, session }: PageContext,
  dataset: Dataset,
): Promise<VersionList | null> {
  if (session === null) return null
  const path = `/api/management/v2/datasets/${dataset.dataset_uid}`
  const { status, text } = await api.call('GET', `${path}/versions`, { query: { rows: most } })
  if (status !== 200) return null
  const items = JSON.parse(text) as readonly Version[]
  const versions = await Promise.all(
    items.map(async (version, index) => {
      const older = items[index + 1]
      const isSmall = (version.records_count ?? 0) + (older?.records_count ?? 0) <= comparedRecords
      return {
        ...version,
        diff: older && isSmall ? await diffOf(older.version_uid, version.version_uid) : null,
      }
    }),
  )
  return { versions }

  async function diffOf(from: string, to: string): Promise<VersionDiff | null> {
    const answer = await api.call('GET', `${path}/diff`, { query: { from, to } })
    if (answer.status !== 200) return null
    const { records } = JSON.parse(answer.text) as { records?: VersionDiff }
    return records ?? null
  }
}
