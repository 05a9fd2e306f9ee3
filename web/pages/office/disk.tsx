import type { VNode } from 'preact'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DomainTop } from '../../office/domain-tabs.tsx'
import { management } from '../../office/types.ts'

const kinds = ['current', 'versions', 'retained', 'building', 'serving_files', 'sources'] as const
type Usage = Readonly<Record<(typeof kinds)[number], { count: number; bytes: number }>> & {
  readonly total_bytes: number
}

/** What takes how much space. */
export const disk = definePage({
  path: '/backoffice/disk',
  area: 'office',
  layout: 'office',
  load: async ({ api }) => api.get<Usage>(`${management}/disk_usage`),
  head: (_data, { t }) => ({ title: t('office.disk'), robots: 'noindex' as const }),
  View: ({ data }): VNode => {
    const { t, format } = useEnv()
    const most = Math.max(1, ...kinds.map((kind) => data[kind].bytes))
    return (
      <>
        <DomainTop place="/backoffice/disk" />
        <p class="lead">{t('disk.total', { size: format.bytes(data.total_bytes) })}</p>
        <div class="card flush">
          <table class="list cards-on-phone">
            <thead>
              <tr>
                <th scope="col">{t('disk.what')}</th>
                <th scope="col" class="number">
                  {t('disk.count')}
                </th>
                <th scope="col" class="number">
                  {t('disk.size')}
                </th>
                <th scope="col">
                  <span class="visually-hidden">{t('disk.share')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {kinds.map((kind) => (
                <tr key={kind}>
                  <td>
                    <span class="strong">{t(`disk.${kind}`)}</span>
                    <div class="small muted">{t(`disk.${kind}_hint`)}</div>
                  </td>
                  <td class="number" data-label={t('disk.count')}>
                    {format.number(data[kind].count)}
                  </td>
                  <td class="number" data-label={t('disk.size')}>
                    {format.bytes(data[kind].bytes)}
                  </td>
                  <td class="bar-cell">
                    <meter max={most} value={data[kind].bytes} aria-label={t(`disk.${kind}`)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </>
    )
  },
})
