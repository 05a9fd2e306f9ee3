import type { VNode } from 'preact'
import { ScrollRegion } from '../../../components/scroll-region.tsx'
import { useEnv } from '../../../kit/env.ts'
import { pagePath } from '../../../portal/dataset.ts'
import type { DatasetData } from '../../../portal/load-dataset.ts'
import type { VersionList } from '../../../portal/version-list.ts'
import { changesPath } from '../changes.tsx'

/** Saved states of the dataset, each with what it changed; as far as the API tells the reader of them. */
export function Versions({
  data,
  versions: { versions, newest },
}: {
  readonly data: DatasetData
  readonly versions: VersionList
}): VNode {
  const { t, format } = useEnv()
  const { dataset_id: id } = data.dataset
  return (
    <section class="card" aria-labelledby="versions">
      <div class="row section-head">
        <h2 id="versions" class="grow">
          {t('versions.title')}
        </h2>
        {newest && (
          <a href={changesPath(id, newest, 'current')} rel="nofollow">
            {t('versions.since_newest')}
          </a>
        )}
      </div>
      <ScrollRegion label={t('versions.changes')}>
        <table class="list versions">
          <thead>
            <tr>
              <th scope="col">{t('versions.version')}</th>
              <th scope="col">{t('versions.records')}</th>
              <th scope="col">{t('versions.changes')}</th>
              <th scope="col">{t('view.export')}</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => {
              const { version_uid: uid, label, note, records_count: count, diff, comparedWith } = version
              const at = format.dateTime(version.created_at)
              const figures =
                diff &&
                `+${format.number(diff.added)} −${format.number(diff.removed)} ~${format.number(diff.changed)}`
              const query = `?version=${encodeURIComponent(uid)}`
              return (
                <tr key={uid}>
                  <th scope="row">
                    <a href={`${pagePath(id, 'table')}${query}`} rel="nofollow">
                      {label || at}
                    </a>
                    {label && <span class="small muted block">{at}</span>}
                    {note && <span class="small muted block">{note}</span>}
                  </th>
                  <td class="number">{count !== null && format.number(count)}</td>
                  <td class="number">
                    {comparedWith ? (
                      <a href={changesPath(id, comparedWith, uid)} rel="nofollow">
                        {figures ?? t('versions.show_changes')}
                      </a>
                    ) : (
                      figures
                    )}
                  </td>
                  <td>
                    <a
                      href={`${pagePath(id, 'export')}${query}`}
                      rel="nofollow"
                      aria-label={t('named', { name: t('view.export'), value: label || at })}
                    >
                      {t('view.export')}
                    </a>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  )
}
