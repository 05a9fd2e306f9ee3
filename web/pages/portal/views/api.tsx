import type { VNode } from 'preact'
import ApiConsole from '../../../islands/api-console.tsx'
import { Island } from '../../../kit/island.tsx'
import { pagePath } from '../../../portal/dataset.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'

export function ApiView({ data, shown }: ViewProps<'api'>): VNode {
  const { dataset, query } = data
  const kept = [
    ...query.refine.map((value) => ['refine', value] as const),
    ...query.exclude.map((value) => ['exclude', value] as const),
    ...(query.version ? [['version', query.version] as const] : []),
  ]
  return (
    <Island
      name="api-console"
      of={ApiConsole}
      props={{
        datasetId: dataset.dataset_id,
        clauses: { ...shown.clauses },
        limit: shown.limit,
        kept,
        action: pagePath(dataset.dataset_id, 'api'),
        result: shown.result,
      }}
    />
  )
}
