import type { VNode } from 'preact'
import ChartBuilder from '../../../islands/chart-builder.tsx'
import { useEnv } from '../../../kit/env.ts'
import { Island } from '../../../kit/island.tsx'
import { pagePath, titleOf } from '../../../portal/dataset.ts'
import { writeFilters } from '../../../portal/filters.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'

export function AnalyzeView({ data, shown, isEmbedded }: ViewProps<'analyze'>): VNode {
  const { t } = useEnv()
  const { dataset, filters, query } = data
  if (shown.chart === null || shown.data === null) return <p class="card empty">{t('chart.nothing')}</p>
  return (
    <Island
      name="chart-builder"
      of={ChartBuilder}
      props={{
        datasetId: dataset.dataset_id,
        title: titleOf(dataset),
        fields: dataset.fields,
        query,
        chart: shown.chart,
        data: shown.data,
        action: pagePath(dataset.dataset_id, 'analyze'),
        kept: [...writeFilters(filters)],
        isEmbedded,
      }}
    />
  )
}
