/** What every page of one dataset has: the dataset, its tabs, its status on top. */
import type { ComponentChildren, VNode } from 'preact'
import { ReaderLink } from '../components/reader-link.tsx'
import { StatusTags } from '../components/status-tag.tsx'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'
import type { PageContext } from '../kit/page.ts'
import { apiPath, type Dataset, officePath, titleOf } from './types.ts'

export const tabs = [
  '',
  'sources',
  'processing',
  'fields',
  'metadata',
  'attachments',
  'security',
  'gates',
  'schedules',
  'versions',
  'changes',
  'feedback',
] as const
export type Tab = (typeof tabs)[number]

/** Errors: ApiError. */
export const loadDataset = ({ api, params }: PageContext): Promise<Dataset> =>
  api.get<Dataset>(apiPath(params.uid!), { expand: ['status', 'publication', 'rights'] })

export const datasetHead = (tab: Tab, dataset: Dataset, { t }: PageContext) => ({
  title: `${titleOf(dataset)} · ${t(`tab.${tab || 'overview'}` as MessageKey)}`,
  robots: 'noindex' as const,
})

export function DatasetFrame({
  dataset,
  tab,
  children,
}: {
  readonly dataset: Dataset
  readonly tab: Tab
  readonly children?: ComponentChildren
}): VNode {
  const { t, hasFeedback } = useEnv()
  const shown = tabs.filter((name) => name !== 'feedback' || hasFeedback || tab === 'feedback')
  return (
    <>
      <div class="dataset-top">
        <nav class="small" aria-label={t('dataset.breadcrumb')}>
          <a href="/backoffice/datasets">{t('office.datasets')}</a>
        </nav>
        <div class="row title-row">
          <h1>{titleOf(dataset)}</h1>
          {tab !== '' && (
            <>
              <StatusTags status={dataset.status} />
              <ReaderLink dataset={dataset} />
            </>
          )}
        </div>
        <nav class="tabs tabs-wrapped" aria-label={t('dataset.tabs')}>
          {shown.map((name) => (
            <a
              key={name}
              href={officePath(dataset.dataset_uid, name)}
              aria-current={name === tab ? 'page' : undefined}
            >
              {t(`tab.${name || 'overview'}` as MessageKey)}
            </a>
          ))}
        </nav>
      </div>
      {children}
    </>
  )
}
