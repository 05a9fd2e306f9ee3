import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApi } from '../kit/api.ts'
import { chartTypes, loadChart, niceStep, readChart, writeChart } from './chart.ts'
import type { Field } from './dataset.ts'
import { bucketOf, timeGroups } from './time-buckets.ts'

const field = (name: string, type: string, annotations: Field['annotations'] = {}): Field => ({
  name,
  label: name.toUpperCase(),
  type,
  description: null,
  annotations,
})
const fields = [
  field('day', 'date'),
  field('kind', 'text', { facet: [] }),
  field('size', 'int'),
  field('price', 'double'),
]
const none = { where: [], refine: [], exclude: [], version: null }

test('any address leads to a chart that can be drawn, which says itself again', () => {
  for (const type of ['', 'nonsense', ...chartTypes]) {
    const state = readChart(new URLSearchParams(`chart.type=${type}&chart.x=nothing&chart.limit=x`), fields)!
    assert.ok(fields.some(({ name }) => name === state.x))
    if (state.type === 'box' || state.type === 'scatter') assert.ok(['size', 'price'].includes(state.y))
    assert.deepEqual(readChart(writeChart(state), fields), state)
  }
  assert.equal(readChart(new URLSearchParams(), [field('place', 'geo_point_2d')]), null)
})

test('a histogram has every bin between the ends, also the empty ones', async () => {
  const asked: string[] = []
  const api = createApi(async (_method, path) => {
    asked.push(decodeURIComponent(path))
    const isEnds = path.includes('min')
    const results = isEnds
      ? [{ low: -3, high: 44 }]
      : [
          { k: '[-4, -2[', v: 2 },
          { k: '[44, 46[', v: 1 },
          { k: '[0, 2[', v: 5 },
        ]
    return { status: 200, headers: {}, text: JSON.stringify({ results }) }
  })
  const state = readChart(new URLSearchParams('chart.type=histogram&chart.x=size'), fields)!
  const { rows } = await loadChart(api, 'shops', fields, state, none)
  assert.equal(rows.length, 25)
  assert.deepEqual(rows.slice(0, 3), [
    [-4, 2],
    [-2, 0],
    [0, 5],
  ])
  assert.deepEqual(rows.at(-1), [44, 1])
  assert.match(asked[1]!, /range\(`size`,\+2\)/)
})

test('steps of time print as dates, in the order of time', () => {
  const row = { t_year: 2031, t_quarter: 2, t_month: 5, t_day: 9, t_hour: 7 }
  const keys = (['year', 'quarter', 'month', 'day', 'hour'] as const).map((bucket) =>
    timeGroups('day', bucket).keyOf(row),
  )
  assert.deepEqual(keys, ['2031', '2031-Q2', '2031-05', '2031-05-09', '2031-05-09 07:00'])
  assert.equal(timeGroups('day', 'year').keyOf({ t_year: null }), null)
})

test('the step of time follows from the span', () => {
  const cases = [
    ['1950-01-01', '2022-01-01', 'year'],
    ['2000-01-01', '2020-01-01', 'quarter'],
    ['2026-01-01', '2031-01-01', 'month'],
    ['2031-01-01', '2031-05-09', 'day'],
    ['2031-05-09T00:00:00Z', '2031-05-12T00:00:00Z', 'hour'],
    ['0200-01-01', '2031-01-01', 'year'],
    ['2031-05-09', '2031-05-09', 'day'],
    ['null', 'null', 'month'],
  ] as const
  for (const [low, high, bucket] of cases) assert.equal(bucketOf(low, high, low.includes('T')), bucket, low)
})

test('steps are 1, 2 or 5 of a power of ten', () => {
  assert.deepEqual([0, 0.03, 1, 1.2, 4, 7, 1234].map(niceStep), [1, 0.05, 1, 2, 5, 10, 2000])
})
