import type { VNode } from 'preact'
import { viewHref } from '../../../components/filter-panel.tsx'
import DataMap from '../../../islands/data-map.tsx'
import { useEnv } from '../../../kit/env.ts'
import { Island } from '../../../kit/island.tsx'
import { geoFieldOf, titleOf } from '../../../portal/dataset.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'

export function MapView({ data, shown, isEmbedded }: ViewProps<'map'>): VNode {
  const { t } = useEnv()
  const { dataset, filters, query } = data
  const { dataset_id: id, fields } = dataset
  return (
    <>
      <Island
        name="data-map"
        of={DataMap}
        props={{
          datasetId: id,
          title: titleOf(dataset),
          geoField: geoFieldOf(fields)!.name,
          fields,
          query,
          address: viewHref(id, 'map', { ...filters, geo: null }),
          location: shown.location,
          isEmbedded,
        }}
      />
      <p class="no-js notice">
        <span>
          {t('map.without_js')} <a href={viewHref(id, 'table', filters)}>{t('view.table')}</a>
        </span>
      </p>
    </>
  )
}
