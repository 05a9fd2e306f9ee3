import type { VNode } from 'preact'
import { Cell } from '../../../components/cell.tsx'
import { ScrollRegion } from '../../../components/scroll-region.tsx'
import FieldProfiles from '../../../islands/field-profiles.tsx'
import { useEnv } from '../../../kit/env.ts'
import { sanitizeHtml } from '../../../kit/html.ts'
import type { MessageKey } from '../../../kit/i18n.ts'
import { Island } from '../../../kit/island.tsx'
import { type Dataset, datasetPath, isNumber, meta, metaList, pagePath } from '../../../portal/dataset.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'
import { feedbackPath } from '../feedback.tsx'
import { Versions } from './versions.tsx'

export function InformationView({ data, shown }: ViewProps<'information'>): VNode {
  const { t, hasFeedback } = useEnv()
  const { dataset, query } = data
  const { dataset_id: id, fields } = dataset
  const description = meta(dataset, 'description')
  return (
    <div class="information">
      <div class="stack">
        {description && (
          <section class="card prose" aria-label={t('dataset.description')}>
            <div dangerouslySetInnerHTML={{ __html: sanitizeHtml(description) }} />
          </section>
        )}
        {shown.sample.length > 0 && <Sample data={data} shown={shown} isEmbedded={false} />}
        {fields.length > 0 && (
          <section class="card">
            <h2 id="schema">{t('schema.title')}</h2>
            <Island
              name="field-profiles"
              of={FieldProfiles}
              props={{
                datasetId: id,
                fields,
                query,
                profiles: shown.profiles,
                href: `${pagePath(id)}?figures=1#schema`,
              }}
            />
          </section>
        )}
        {shown.versions && <Versions data={data} versions={shown.versions} />}
      </div>
      <aside class="stack" aria-label={t('dataset.about')}>
        <Facts dataset={dataset} />
        {hasFeedback && (
          <p class="no-print">
            <a class="button secondary small" href={feedbackPath(id)} rel="nofollow">
              {t('feedback.title')}
            </a>
          </p>
        )}
        <Downloads dataset={dataset} />
        <AttachedFiles dataset={dataset} kind="alternative_exports" />
        <AttachedFiles dataset={dataset} kind="attachments" />
      </aside>
    </div>
  )
}

function Sample({ data, shown }: ViewProps<'information'>): VNode {
  const { t } = useEnv()
  const { dataset } = data
  const fields = dataset.fields.slice(0, 8)
  return (
    <section class="card">
      <div class="row section-head">
        <h2 id="sample" class="grow">
          {t('dataset.sample')}
        </h2>
        <a href={pagePath(dataset.dataset_id, 'table')}>{t('dataset.all_records')}</a>
      </div>
      <ScrollRegion label={t('dataset.sample')}>
        <table class="list compact">
          <thead>
            <tr>
              {fields.map(({ name, label }) => (
                <th key={name} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.sample.map((record, index) => (
              <tr key={index}>
                {fields.map((field) => (
                  <td key={field.name} class={isNumber(field) ? 'number' : undefined}>
                    <Cell field={field} value={record[field.name]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  )
}

const facts = [
  'publisher',
  'license',
  'theme',
  'keyword',
  'language',
  'geographic_reference',
  'territory',
  'references',
  'attributions',
  'modified',
  'data_processed',
] as const

function Facts({ dataset }: { readonly dataset: Dataset }): VNode {
  const { t, format } = useEnv()
  const licenseUrl = meta(dataset, 'license_url')
  const show = (name: (typeof facts)[number]) => {
    const value = meta(dataset, name)
    if (name === 'modified' || name === 'data_processed') return format.dateTime(value)
    if (name === 'license' && /^https?:\/\/\S+$/.test(licenseUrl))
      return (
        <a class="address-on-paper" href={licenseUrl}>
          {value}
        </a>
      )
    if (name === 'references' && /^https?:\/\/\S+$/.test(value)) return <a href={value}>{value}</a>
    if (name === 'keyword' || name === 'theme')
      return (
        <span class="row tags">
          {metaList(dataset, name).map((one) => (
            <a key={one} class="tag" href={`/explore?refine.${name}=${encodeURIComponent(one)}`}>
              {one}
            </a>
          ))}
        </span>
      )
    return value
  }
  const present = facts.filter((name) => meta(dataset, name) !== '')
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{t('dataset.about')}</h2>
      <dl class="facts">
        <dt>{t('dataset.identifier')}</dt>
        <dd>
          <code>{dataset.dataset_id}</code>
        </dd>
        {present.flatMap((name) => [
          <dt key={name}>{t(`meta.${name}` as MessageKey)}</dt>,
          <dd key={`${name}-value`}>{show(name)}</dd>,
        ])}
      </dl>
    </section>
  )
}

function Downloads({ dataset }: { readonly dataset: Dataset }): VNode | null {
  const { t } = useEnv()
  if (!dataset.has_records || !dataset.data_visible) return null
  const path = `${datasetPath(dataset.dataset_id)}/exports`
  const formats = ['csv', 'xlsx', 'json', ...(dataset.features.includes('geo') ? ['geojson'] : []), 'parquet']
  return (
    <section class="card no-print" aria-labelledby="downloads">
      <h2 id="downloads">{t('view.export')}</h2>
      <p class="row">
        {formats.map((format) => (
          <a key={format} class="button secondary small" href={`${path}/${format}`} rel="nofollow">
            {format.toUpperCase()}
          </a>
        ))}
      </p>
      <a href={pagePath(dataset.dataset_id, 'export')}>{t('export.all')}</a>
    </section>
  )
}

/** Documents, and files that were made ready; the API sends them, or leads to where they are. */
function AttachedFiles({
  dataset,
  kind,
}: {
  readonly dataset: Dataset
  readonly kind: 'attachments' | 'alternative_exports'
}): VNode | null {
  const { t } = useEnv()
  const files = dataset[kind] ?? []
  if (files.length === 0) return null
  const path = `${datasetPath(dataset.dataset_id)}/${kind}`
  return (
    <section class="card" aria-labelledby={kind}>
      <h2 id={kind}>{t(`dataset.${kind}`)}</h2>
      <ul class="plain stack">
        {files.map(({ id, title, description, mimetype }) => (
          <li key={id}>
            <a href={`${path}/${encodeURIComponent(id)}`}>{title || id}</a>
            {mimetype && <span class="small muted"> {mimetype}</span>}
            {description && <span class="small muted block">{description}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
