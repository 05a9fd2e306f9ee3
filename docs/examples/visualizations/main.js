/**
 * The hosted platform's own client and visualisations, unmodified, on the demo datasets of a Broadsheet server:
 * a number, a chart of grouped records, a map of vector tiles, a table. `?server=` names another server.
 */
import { ApiClient, field, fromCatalog } from '@opendatasoft/api-client'
import { Chart, KpiCard, PoiMap, Table } from '@opendatasoft/visualizations'
import '@opendatasoft/visualizations/dist/index.css'

const server = new URLSearchParams(location.search).get('server') ?? 'http://127.0.0.1:8080'
const client = new ApiClient({ domain: server })
const weather = () => fromCatalog().dataset('seattle-weather').records()
const earthquakes = () => fromCatalog().dataset('earthquakes').records()
const at = (id) => document.getElementById(id)
const sourceOf = (id) => ({ href: `${server}/explore/dataset/${id}/`, label: 'Source' })

/** Draws at once, and again when the answer is there. */
async function draw(Component, id, options, ask, read = ({ results }) => results) {
  const component = new Component(at(id), { loading: true }, options)
  try {
    component.updateData({ value: read(await client.get(ask)) })
  } catch (error) {
    component.updateData({ error })
  }
}

draw(
  KpiCard,
  'count',
  { title: 'Days of weather', source: sourceOf('seattle-weather') },
  weather().limit(0),
  ({ total_count }) => total_count,
)

draw(
  Chart,
  'chart',
  {
    labelColumn: 'month',
    series: [{ type: 'bar', valueColumn: 'warmest', label: 'Warmest day', backgroundColor: '#0b57d0' }],
    axis: { x: { type: 'category', offset: true }, y: { display: true } },
    title: { display: true, text: 'The warmest day of each month in Seattle' },
    description: 'A bar for each month of the year, as high as its warmest day, in degrees Celsius',
    source: sourceOf('seattle-weather'),
  },
  weather()
    .select(`month(${field('date')}) as month, max(temp_max) as warmest`)
    .groupBy('month(date) as month')
    .limit(12),
)

const tiles = `${server}/api/explore/v2.1/catalog/datasets/earthquakes/tiles/{z}/{x}/{y}.mvt?select=mag,place`
new PoiMap(
  at('map'),
  {
    value: {
      sources: { earthquakes: { type: 'vector', tiles: [tiles], maxzoom: 14 } },
      layers: [
        {
          id: 'earthquakes',
          source: 'earthquakes',
          sourceLayer: 'records',
          type: 'circle',
          color: '#b3261e',
          circleRadius: 4,
          popup: {
            display: 'tooltip',
            getLoadingContent: () => '...',
            getContent: async (_id, { place, mag }) => `${place ?? 'Several'}: ${mag ?? ''}`,
          },
        },
      ],
    },
  },
  {
    style: { sources: {}, layers: [] },
    center: [-120, 38],
    zoom: 2,
    aspectRatio: 1.6,
    title: 'Earthquakes of a week',
    sourceLink: sourceOf('earthquakes'),
  },
)

draw(
  Table,
  'table',
  {
    columns: [
      { key: 'place', title: 'Place', dataFormat: 'short-text' },
      { key: 'mag', title: 'Magnitude', dataFormat: 'number' },
      { key: 'url', title: 'More', dataFormat: 'url' },
    ],
    title: 'The strongest',
    source: sourceOf('earthquakes'),
  },
  earthquakes().select('place, mag, url').orderBy('-mag').limit(10),
)
