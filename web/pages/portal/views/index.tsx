import type { VNode } from 'preact'
import type { DatasetData, ViewData } from '../../../portal/load-dataset.ts'
import { AnalyzeView } from './analyze.tsx'
import { ApiView } from './api.tsx'
import { CalendarView } from './calendar.tsx'
import { ExportView } from './export.tsx'
import { ImagesView } from './images.tsx'
import { InformationView } from './information.tsx'
import { MapView } from './map.tsx'
import { TableView } from './table.tsx'

export function ViewBody({
  data,
  shown,
  isEmbedded,
}: {
  readonly data: DatasetData
  readonly shown: ViewData
  readonly isEmbedded: boolean
}): VNode {
  const props = { data, isEmbedded }
  switch (shown.view) {
    case 'information':
      return <InformationView {...props} shown={shown} />
    case 'table':
      return <TableView {...props} shown={shown} />
    case 'map':
      return <MapView {...props} shown={shown} />
    case 'analyze':
      return <AnalyzeView {...props} shown={shown} />
    case 'calendar':
      return <CalendarView {...props} shown={shown} />
    case 'images':
      return <ImagesView {...props} shown={shown} />
    case 'export':
      return <ExportView {...props} shown={shown} />
    case 'api':
      return <ApiView {...props} shown={shown} />
  }
}
