/**
 * Saved versions and what changed between them: the search API tells readers of those that the publisher has labelled and
 * opened, the management API tells those who may edit the dataset of all.
 */
import type { PageContext } from '../kit/page.ts'
import { type Dataset, datasetPath } from './dataset.ts'

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

export interface ListedVersion extends Version {
  /** Against the version before. */
  readonly diff: VersionDiff | null
  /** The version before, where a page can show what differs; null: it cannot. */
  readonly comparedWith: string | null
}

export interface VersionList {
  readonly versions: readonly ListedVersion[]
  /** What the newest can be compared with the present by; null: nothing. */
  readonly newest: string | null
}

const most = 10
/** Comparing larger ones takes seconds, which a page does not have: the page of differences does. */
const comparedRecords = 100_000

export const versionsPath = (id: string) => `${datasetPath(id)}/versions`

/** Null where there is nothing to tell. */
export async function loadVersions(context: PageContext, dataset: Dataset): Promise<VersionList | null> {
  const { api, session } = context
  const [open, all] = await Promise.all([
    loadPublic(context, dataset, most),
    session === null ? null : loadAll(context, dataset),
  ])
  const found = all ?? open
  if (found.length === 0) return null
  const isOpen = (uid: string | undefined) => open.some(({ version_uid }) => version_uid === uid)
  const managed = `/api/management/v2/datasets/${dataset.dataset_uid}/diff`
  const path = all === null ? `${versionsPath(dataset.dataset_id)}/diff` : managed
  const versions = await Promise.all(
    found.map(async (version, index) => {
      const older = found[index + 1]
      const counts = [version.records_count, older?.records_count ?? 0]
      const isSmall = counts.every((count) => count !== null) && sum(counts as number[]) <= comparedRecords
      const isShown = isOpen(version.version_uid) && isOpen(older?.version_uid)
      return {
        ...version,
        diff: older && isSmall ? await diffOf(older.version_uid, version.version_uid) : null,
        comparedWith: isShown && dataset.data_visible ? older!.version_uid : null,
      }
    }),
  )
  return { versions, newest: dataset.data_visible ? (open[0]?.version_uid ?? null) : null }

  async function diffOf(from: string, to: string): Promise<VersionDiff | null> {
    const answer = await api.call('GET', path, { query: { from, to } })
    if (answer.status !== 200) return null
    const { records } = JSON.parse(answer.text) as { records?: VersionDiff }
    return records ?? null
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Those that everybody may see who sees the dataset, newest first. */
export async function loadPublic(
  { api }: Pick<PageContext, 'api'>,
  { dataset_id: id }: Dataset,
  limit: number,
): Promise<readonly Version[]> {
  const { status, text } = await api.call('GET', versionsPath(id), { query: { limit } })
  return status === 200 ? (JSON.parse(text) as { results: readonly Version[] }).results : []
}

async function loadAll(
  { api }: PageContext,
  { dataset_uid: uid }: Dataset,
): Promise<readonly Version[] | null> {
  const path = `/api/management/v2/datasets/${uid}/versions`
  const { status, text } = await api.call('GET', path, { query: { rows: most } })
  return status === 200 ? (JSON.parse(text) as readonly Version[]) : null
}
