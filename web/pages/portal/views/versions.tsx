import type { VNode } from 'preact'
import { useEnv } from '../../../kit/env.ts'
import { pagePath } from '../../../portal/dataset.ts'
import type { DatasetData } from '../../../portal/load-dataset.ts'
import type { VersionList } from '../../../portal/version-list.ts'

/** Saved states of the dataset, each with what it changed; only for those whom the API tells of them. */
export function Versions({
  data,
  versions: { versions },
}: {
  readonly data: DatasetData
  readonly versions: VersionList
}): VNode | null {
  const { t, format } = useEnv()
  if (versions.length === 0) return null
  const { dataset_id: id } = data.dataset
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">{t('versions.title')}</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">{t('versions.version')}</th>
            <th scope="col">{t('versions.records')}</th>
            <th scope="col">{t('versions.changes')}</th>
          </tr>
        </thead>
        <tbody>
          {versions.map(({ version_uid: uid, label, created_at: at, records_count: count, diff }) => (
            <tr key={uid}>
              <th scope="row">
                <a href={`${pagePath(id, 'table')}?version=${encodeURIComponent(uid)}`}>
                  {label || format.dateTime(at)}
                </a>
                {label && <span class="small muted block">{format.dateTime(at)}</span>}
              </th>
              <td class="number">{count !== null && format.number(count)}</td>
              <td class="number">
                {diff &&
                  `+${format.number(diff.added)} −${format.number(diff.removed)} ~${format.number(diff.changed)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
