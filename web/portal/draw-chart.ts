/** ECharts: loaded when a chart is in sight, with the parts that our charts need. */
import { BarChart, BoxplotChart, LineChart, PieChart, ScatterChart } from 'echarts/charts'
import { DataZoomComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { Env } from '../kit/env.ts'
import type { ChartData, ChartState } from './chart.ts'

use([
  BarChart,
  LineChart,
  PieChart,
  ScatterChart,
  BoxplotChart,
  GridComponent,
  TooltipComponent,
  LegendComponent,
  DataZoomComponent,
  CanvasRenderer,
])

/** Told apart by people who see colours differently (Okabe and Ito), blue first. */
const light = ['#0b57d0', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#56b4e9', '#6b4fbb', '#5f6b7a']
const dark = ['#8ab4ff', '#ff9a5c', '#4fd1a5', '#e8a3cd', '#e0c04a', '#7cc8f2', '#b6a1f5', '#a9b4c5']

/** Draws until it is told to stop, again when the theme changes. */
export function drawChart(place: HTMLElement, state: ChartState, data: ChartData, env: Env): () => void {
  const chart = init(place, null, { renderer: 'canvas' })
  const draw = (animation: boolean) => {
    chart.setOption({ ...optionsOf(state, data, env, coloursOf(place)), animation }, true)
    place.dataset.drawn = state.type
  }
  draw(!matchMedia('(prefers-reduced-motion: reduce)').matches)
  const redraw = () => {
    draw(false)
    // At once: before a print there is no next frame.
    chart.getZr().flush()
  }
  const observer = new ResizeObserver(() => chart.resize())
  observer.observe(place)
  const media = matchMedia('(prefers-color-scheme: dark)')
  document.addEventListener('themechange', redraw)
  media.addEventListener('change', redraw)
  return () => {
    observer.disconnect()
    document.removeEventListener('themechange', redraw)
    media.removeEventListener('change', redraw)
    chart.dispose()
  }
}

interface Colours {
  readonly ink: string
  readonly faint: string
  readonly line: string
  readonly surface: string
  readonly series: string[]
}

function coloursOf(place: HTMLElement): Colours {
  const style = getComputedStyle(place)
  const get = (name: string) => style.getPropertyValue(name).trim()
  return {
    ink: get('--ink'),
    faint: get('--ink-2'),
    line: get('--line'),
    surface: get('--surface'),
    series: style.colorScheme.includes('dark') ? dark : light,
  }
}

type Key = string | number | null

function optionsOf(
  state: ChartState,
  data: ChartData,
  { format, t }: Env,
  colours: Colours,
): EChartsCoreOption {
  const text = { color: colours.faint, fontFamily: 'inherit' }
  const nameOf = (key: Key) => (key === null ? '–' : String(key))
  const number = (value: unknown) => (typeof value === 'number' ? format.number(value, 3) : '–')
  const axisStyle = {
    axisLabel: { ...text, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.line } },
    nameTextStyle: text,
  }
  const values = {
    type: 'value',
    ...axisStyle,
    axisLabel: { ...axisStyle.axisLabel, formatter: (value: number) => format.compact(value) },
  }
  const common = {
    color: colours.series,
    animationDuration: 250,
    // As HTML it would need style attributes, which the page forbids.
    tooltip: {
      renderMode: 'richText',
      confine: true,
      trigger: state.type === 'pie' || state.type === 'scatter' || state.type === 'box' ? 'item' : 'axis',
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.ink },
      ...(state.type === 'scatter' || state.type === 'box' ? {} : { valueFormatter: number }),
    },
    grid: { left: 12, right: 24, top: 44, bottom: 16, containLabel: true },
    textStyle: { fontFamily: 'system-ui, sans-serif' },
  }
  const first = state.by === '' || state.type === 'pie' ? null : seriesOf(data)
  const legend = (names: readonly string[]) =>
    names.length > 1 ? { legend: { type: 'scroll', top: 4, textStyle: text, data: names } } : {}

  if (state.type === 'pie') {
    const slices = data.rows.map((row) => ({ name: nameOf(row[0] ?? null), value: row.at(-1) }))
    return {
      ...common,
      series: [
        {
          type: 'pie',
          radius: ['38%', '72%'],
          itemStyle: { borderColor: colours.surface, borderWidth: 2 },
          label: { color: colours.ink, formatter: '{b} {d}%' },
          data: slices,
        },
      ],
    }
  }
  if (state.type === 'scatter') {
    const groups = first ?? [{ name: data.columns.join(' × '), rows: data.rows }]
    return {
      ...common,
      ...legend(first ? groups.map(({ name }) => name) : []),
      xAxis: { ...values, name: data.columns[0], nameLocation: 'middle', nameGap: 28, scale: true },
      yAxis: { ...values, name: data.columns[1], scale: true },
      grid: { ...common.grid, bottom: 36 },
      series: groups.map(({ name, rows }) => ({
        name,
        type: 'scatter',
        symbolSize: 6,
        itemStyle: { opacity: 0.6 },
        large: rows.length > 2000,
        data: rows.map((row) => [row[0], row[1]]),
      })),
    }
  }
  if (state.type === 'box') {
    return {
      ...common,
      xAxis: { type: 'category', data: data.rows.map((row) => nameOf(row[0] ?? null)), ...axisStyle },
      yAxis: { ...values, scale: true },
      series: [
        {
          type: 'boxplot',
          itemStyle: { color: colours.surface },
          data: data.rows.map((row) => row.slice(1)),
        },
      ],
    }
  }
  const keys = [...new Set(data.rows.map((row) => nameOf(row[0] ?? null)))]
  const groups = first ?? [{ name: data.columns.at(-1) ?? t('chart.count'), rows: data.rows }]
  const isLine = state.type === 'line' || state.type === 'area'
  const isSideways = state.type === 'bar' && keys.length > 8 && !/^\d{4}(-|$)/.test(keys[0] ?? '')
  const category = {
    type: 'category',
    data: keys,
    ...axisStyle,
    splitLine: { show: false },
    ...(isSideways
      ? {
          inverse: true,
          axisLabel: { ...axisStyle.axisLabel, hideOverlap: false, width: 160, overflow: 'truncate' },
        }
      : {}),
  }
  return {
    ...common,
    ...legend(first ? groups.map(({ name }) => name) : []),
    ...(isSideways ? { yAxis: category, xAxis: values } : { xAxis: category, yAxis: values }),
    ...(isLine && keys.length > 60 ? { dataZoom: [{ type: 'inside' }] } : {}),
    series: groups.map(({ name, rows }) => {
      const byKey = new Map(rows.map((row) => [nameOf(row[0] ?? null), row.at(-1) ?? null]))
      return {
        name,
        type: isLine ? 'line' : 'bar',
        showSymbol: keys.length < 40,
        smooth: false,
        ...(state.type === 'area'
          ? { areaStyle: { opacity: 0.25 }, ...(first ? { stack: 'all' } : {}) }
          : {}),
        ...(state.type === 'histogram' ? { barCategoryGap: '4%' } : { barMaxWidth: 44 }),
        itemStyle: { borderRadius: isLine ? 0 : isSideways ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        data: keys.map((key) => byKey.get(key) ?? null),
      }
    }),
  }
}

/** The second column splits the rows; of many series the first dozen are drawn. */
function seriesOf({ rows, columns }: ChartData): { name: string; rows: ChartData['rows'] }[] {
  const at = columns.length - 2
  const isScatter =
    columns.length === 3 && typeof rows[0]?.[1] === 'number' && typeof rows[0]?.[2] !== 'number'
  const index = isScatter ? 2 : Math.max(1, at)
  const groups = new Map<string, (readonly Key[])[]>()
  for (const row of rows) {
    const name = row[index] === null ? '–' : String(row[index])
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  return [...groups].slice(0, 12).map(([name, some]) => ({ name, rows: some }))
}
