import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Env, useEnv } from '../kit/env.ts'
import {
  aggregates,
  type ChartData,
  type ChartState,
  chartTypes,
  loadChart,
  readChart,
  writeChart,
} from '../portal/chart.ts'
import { type Field, isDate, isNumber } from '../portal/dataset.ts'
import type { ApiFilters } from '../portal/filters.ts'
import { buckets } from '../portal/time-buckets.ts'

export interface ChartBuilderProps {
  readonly datasetId: string
  readonly title: string
  readonly fields: readonly Field[]
  readonly query: ApiFilters
  readonly chart: ChartState
  readonly data: ChartData
  /** Filters and path of the page, which the form leads to without JavaScript. */
  readonly action: string
  readonly kept: readonly (readonly [string, string])[]
  /** The chart alone, without its form. */
  readonly isEmbedded: boolean
}

/** Chooses, asks and draws. Without JavaScript: a form, and the table of what would be drawn. */
export default function ChartBuilder(props: ChartBuilderProps): VNode {
  const { datasetId, fields, query, title, isEmbedded } = props
  const { t, api } = useEnv()
  const [chart, setChart] = useState(props.chart)
  const [data, setData] = useState(props.data)
  const [problem, setProblem] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)

  async function change(form: HTMLFormElement): Promise<void> {
    const params = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    const next = readChart(params, fields)
    if (next === null) return
    setChart(next)
    running.current?.abort()
    running.current = new AbortController()
    const address = new URLSearchParams(props.kept.map(([name, value]) => [name, value]))
    for (const [name, value] of writeChart(next)) address.append(name, value)
    history.replaceState(null, '', `${props.action}?${address}`)
    try {
      setData(await loadChart(api, datasetId, fields, next, query, running.current.signal))
      setProblem(null)
    } catch (error) {
      if ((error as Error).name !== 'AbortError') setProblem((error as Error).message)
    }
  }

  return (
    <div class="chart-builder">
      {!isEmbedded && <ChartForm {...props} chart={chart} data={data} onChange={change} />}
      {problem !== null && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      <p class="print-only">{captionOf(chart, props.fields, t)}</p>
      <ChartCanvas chart={chart} data={data} label={t('chart.of', { title })} />
      {data.isCut && <p class="small muted">{t('chart.cut')}</p>}
      <details class="chart-data">
        <summary>{t('chart.table')}</summary>
        <ChartTable data={data} />
      </details>
    </div>
  )
}

/** What is drawn, in words: on paper the form that says it is not there. */
function captionOf(chart: ChartState, fields: readonly Field[], t: Env['t']): string {
  const labelOf = (name: string) => fields.find((field) => field.name === name)?.label ?? name
  const isEach = chart.type === 'box' || chart.type === 'scatter'
  const aggregate = chart.fn === 'count' || isEach ? '' : ` (${t(`chart.fn.${chart.fn}`)})`
  const value = chart.y === '' ? t('chart.count') : `${labelOf(chart.y)}${aggregate}`
  const parts = [
    ...(chart.type === 'histogram' ? [] : [`${t('chart.y')}: ${value}`]),
    `${t('chart.x')}: ${labelOf(chart.x)}`,
    ...(chart.by === '' ? [] : [`${t('chart.by')}: ${labelOf(chart.by)}`]),
  ]
  return parts.join(' · ')
}

function ChartForm({
  fields,
  chart,
  data,
  action,
  kept,
  onChange,
}: ChartBuilderProps & { readonly onChange: (form: HTMLFormElement) => void }): VNode {
  const { t } = useEnv()
  const numbers = fields.filter(isNumber)
  const x = fields.find(({ name }) => name === chart.x)
  const hasSeries = chart.type !== 'pie' && chart.type !== 'histogram' && chart.type !== 'box'
  const xFields =
    chart.type === 'histogram' || chart.type === 'scatter' ? numbers : fields.filter(isGroupable)
  const options = (list: readonly Field[]) =>
    list.map(({ name, label }) => (
      <option key={name} value={name}>
        {label}
      </option>
    ))
  return (
    <form
      class="chart-form"
      action={action}
      onChange={(event) => onChange(event.currentTarget)}
      onSubmit={(event) => {
        event.preventDefault()
        onChange(event.currentTarget)
      }}
    >
      {kept.map(([name, value]) => (
        <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
      ))}
      <Choice name="type" label={t('chart.type')} value={chart.type}>
        {chartTypes.map((type) => (
          <option key={type} value={type}>
            {t(`chart.type.${type}`)}
          </option>
        ))}
      </Choice>
      <Choice name="x" label={t('chart.x')} value={chart.x}>
        {options(xFields)}
      </Choice>
      {x && isDate(x) && chart.type !== 'histogram' && (
        <Choice name="bucket" label={t('chart.bucket')} value={chart.bucket}>
          <option value="">
            {t('chart.bucket.auto')}
            {chart.bucket === '' && data.bucket ? ` (${t(`chart.bucket.${data.bucket}`)})` : ''}
          </option>
          {buckets.map((bucket) => (
            <option key={bucket} value={bucket}>
              {t(`chart.bucket.${bucket}`)}
            </option>
          ))}
        </Choice>
      )}
      {chart.type !== 'histogram' && numbers.length > 0 && (
        <Choice name="y" label={t('chart.y')} value={chart.y}>
          {chart.type !== 'box' && chart.type !== 'scatter' && <option value="">{t('chart.count')}</option>}
          {options(numbers)}
        </Choice>
      )}
      {chart.y !== '' && chart.type !== 'box' && chart.type !== 'scatter' && chart.type !== 'histogram' && (
        <Choice name="fn" label={t('chart.fn')} value={chart.fn === 'count' ? 'avg' : chart.fn}>
          {aggregates
            .filter((fn) => fn !== 'count')
            .map((fn) => (
              <option key={fn} value={fn}>
                {t(`chart.fn.${fn}`)}
              </option>
            ))}
        </Choice>
      )}
      {hasSeries && (
        <Choice name="by" label={t('chart.by')} value={chart.by}>
          <option value="">{t('chart.by.none')}</option>
          {options(fields.filter((field) => isGroupable(field) && !isDate(field) && field.name !== chart.x))}
        </Choice>
      )}
      <button class="button no-js" type="submit">
        {t('chart.draw')}
      </button>
    </form>
  )
}

function Choice({
  name,
  label,
  value,
  children,
}: {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly children: unknown
}): VNode {
  return (
    <div class="field">
      <label for={`chart-${name}`}>{label}</label>
      <select id={`chart-${name}`} name={`chart.${name}`} value={value} key={`${name}=${value}`}>
        {children as VNode}
      </select>
    </div>
  )
}

const isGroupable = ({ type }: Field) => !['geo_point_2d', 'geo_shape', 'file'].includes(type)

function ChartTable({ data }: { readonly data: ChartData }): VNode {
  const { format } = useEnv()
  return (
    <div class="scroll-x">
      <table class="list">
        <thead>
          <tr>
            {data.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.slice(0, 500).map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={data.columns[column]} class={typeof value === 'number' ? 'number' : undefined}>
                  {typeof value === 'number' ? format.number(value, 4) : (value ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The picture. The library for it is loaded here and nowhere else. */
function ChartCanvas({
  chart,
  data,
  label,
}: {
  readonly chart: ChartState
  readonly data: ChartData
  readonly label: string
}): VNode {
  const env = useEnv()
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let isGone = false
    let stop = () => {}
    void import('../portal/draw-chart.ts').then(({ drawChart }) => {
      if (!isGone && place.current) stop = drawChart(place.current, chart, data, env)
    })
    return () => {
      isGone = true
      stop()
    }
  }, [chart, data])
  return <div class="chart" ref={place} role="img" aria-label={label} />
}
