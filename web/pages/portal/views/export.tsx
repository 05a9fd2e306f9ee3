import type { VNode } from 'preact'
import { Icon } from '../../../components/icon.tsx'
import { withQuery } from '../../../kit/api.ts'
import { useEnv } from '../../../kit/env.ts'
import { datasetPath } from '../../../portal/dataset.ts'
import type { ExportFormat } from '../../../portal/export-formats.ts'
import { tableQuery, type ViewProps } from '../../../portal/load-dataset.ts'

const groups = ['table', 'geo', 'linked', 'other'] as const
const described = [
  'csv',
  'xlsx',
  'json',
  'jsonl',
  'parquet',
  'geojson',
  'shp',
  'kml',
  'gpx',
  'fgb',
  'ov2',
  'jsonld',
  'n3',
  'turtle',
  'rdfxml',
  'ics',
] as const
type Described = (typeof described)[number]

/** Every format of what the filters leave. Links only. */
export function ExportView({ data, shown }: ViewProps<'export'>): VNode {
  const { t } = useEnv()
  const { dataset, filters, query, count } = data
  const hrefOf = (format: string, more: Readonly<Record<string, string>> = {}) =>
    withQuery(`${datasetPath(dataset.dataset_id)}/exports/${format}`, {
      ...query,
      ...tableQuery(filters),
      ...more,
    })
  return (
    <div class="stack">
      <p class="muted">{t('export.lead', { count })}</p>
      {groups.map((group) => {
        const formats = shown.formats.filter((format) => format.group === group)
        return (
          formats.length > 0 && (
            <section key={group} class="card" aria-labelledby={`group-${group}`}>
              <h3 id={`group-${group}`}>{t(`export.group.${group}`)}</h3>
              <ul class="plain formats">
                {formats.map((format) => (
                  <Format key={format.name} format={format} hrefOf={hrefOf} />
                ))}
              </ul>
            </section>
          )
        )
      })}
    </div>
  )
}

function Format({
  format: { name, bytes, isTooLong },
  hrefOf,
}: {
  readonly format: ExportFormat
  readonly hrefOf: (format: string, more?: Readonly<Record<string, string>>) => string
}): VNode {
  const { t, format } = useEnv()
  const about = described.includes(name as Described) ? t(`export.about.${name as Described}`) : ''
  return (
    <li>
      <span class="format-name">{name.toUpperCase()}</span>
      <span class="grow">
        {about}
        {name === 'csv' && (
          <span class="small block">
            <a href={hrefOf('csv', { use_labels: 'true' })} rel="nofollow">
              {t('export.with_labels')}
            </a>
          </span>
        )}
        {isTooLong && <span class="small block muted">{t('export.too_long')}</span>}
      </span>
      <span class="number muted small">
        {bytes !== null && t('export.about_size', { size: format.bytes(bytes) })}
      </span>
      {!isTooLong && (
        <a class="button secondary small" href={hrefOf(name)} rel="nofollow" download>
          <Icon name="download" />
          {t('export.download')}
          <span class="visually-hidden"> {name.toUpperCase()}</span>
        </a>
      )}
    </li>
  )
}
