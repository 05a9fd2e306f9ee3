/** MapLibre over the server's own tiles and the basemap that is shipped: nothing is asked of anybody else. */
import type {
  GeoJSONSource,
  LngLatLike,
  MapGeoJSONFeature,
  Map as MapLibre,
  StyleSpecification,
} from 'maplibre-gl'
import type { Env } from '../kit/env.ts'
import type { DataRecord, Field } from './dataset.ts'
import { describeValue } from './describe-value.ts'

export interface MapRequest {
  readonly env: Env
  /** TileJSON of the records. */
  readonly source: string
  readonly recordHref: (id: string) => string
  readonly fields: readonly Field[]
  readonly location: string | null
  readonly onReady: () => void
  /** `box`: south, west, north, east. */
  readonly onMoved: (location: string, box: readonly number[]) => void
}

interface TileJson {
  readonly bounds?: readonly [number, number, number, number]
}

type GeoJson = Parameters<GeoJSONSource['setData']>[0]

interface Basemap {
  readonly land: GeoJson
  readonly borders: GeoJson
}

/** Beyond this zoom the finer coast is fetched. */
const fineZoom = 3.5

/** Errors: the library, or the tiles' description, cannot be had. Out: ends it. */
export async function drawMap(place: HTMLElement, request: MapRequest): Promise<() => void> {
  const { env } = request
  addStylesheet(`${env.map.maplibre}/maplibre-gl.css`)
  const [library, tiles, basemap] = await Promise.all([
    import(`${env.map.maplibre}/maplibre-gl.mjs`) as Promise<typeof import('maplibre-gl')>,
    env.api.get<TileJson>(request.source),
    fetchBasemap(env.map.basemap.coarse),
  ])
  const [zoom, latitude, longitude] = (request.location ?? '').split(',').map(Number)
  const isPlaced = [zoom, latitude, longitude].every((value) => value !== undefined && Number.isFinite(value))
  const map = new library.Map({
    container: place,
    style: styleOf(place, env, request.source, basemap),
    attributionControl: { compact: true, customAttribution: env.map.tiles?.attribution || 'Natural Earth' },
    maxZoom: 18,
    renderWorldCopies: true,
    cooperativeGestures: false,
    ...(isPlaced ? { zoom: zoom!, center: [longitude!, latitude!] as LngLatLike } : {}),
  })
  map.addControl(new library.NavigationControl({ visualizePitch: false }), 'top-right')
  map.addControl(new library.FullscreenControl(), 'top-right')
  map.addControl(new library.ScaleControl(), 'bottom-left')
  if (!isPlaced && tiles.bounds) {
    const [west, south, east, north] = tiles.bounds
    map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 14, duration: 0 })
  }
  map.once('idle', () => {
    place.dataset.drawn = ''
    request.onReady()
  })
  map.on('moveend', () => tellPosition(map, request))
  askAgain(map)
  refineCoast(map, env)
  drawCounts(map, env)
  openRecords(map, library, request)
  const repaint = () => paint(map, place)
  const stopPictures = keepPicture(map)
  const media = matchMedia('(prefers-color-scheme: dark)')
  document.addEventListener('themechange', repaint)
  media.addEventListener('change', repaint)
  return () => {
    document.removeEventListener('themechange', repaint)
    media.removeEventListener('change', repaint)
    stopPictures()
    map.remove()
  }
}

/** For paper, while somebody prints. Listens after kit/switches.ts, which has the map painted in light colours by then. */
function keepPicture(map: MapLibre): () => void {
  const picture = document.createElement('canvas')
  picture.className = 'map-picture print-only'
  const before = () => {
    // What is drawn can be read until the browser shows it, no longer.
    map.redraw()
    const drawn = map.getCanvas()
    picture.width = drawn.width
    picture.height = drawn.height
    picture.getContext('2d')?.drawImage(drawn, 0, 0)
    map.getCanvasContainer().append(picture)
  }
  const after = () => picture.remove()
  window.addEventListener('beforeprint', before)
  window.addEventListener('afterprint', after)
  return () => {
    window.removeEventListener('beforeprint', before)
    window.removeEventListener('afterprint', after)
  }
}

const longestWaitMs = 30_000

/** Tiles that a busy server has put off are asked for once more a little later, and later each time. */
function askAgain(map: MapLibre): void {
  let waitMs = 1000
  let timer: ReturnType<typeof setTimeout> | null = null
  // Without a listener the library complains of each on the console.
  map.on('error', (event) => {
    const status = (event as { error?: { status?: number } }).error?.status
    if (timer !== null || (status !== 429 && status !== 503)) return
    timer = setTimeout(() => {
      timer = null
      if (map.getSource('records')) map.refreshTiles('records')
    }, waitMs)
    waitMs = Math.min(waitMs * 2, longestWaitMs)
  })
  map.once('remove', () => {
    if (timer !== null) clearTimeout(timer)
  })
}

function addStylesheet(href: string): void {
  if (document.querySelector(`link[href="${href}"]`)) return
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = href
  document.head.append(link)
}

const fetchBasemap = async (address: string): Promise<Basemap> => (await fetch(address)).json()

function coloursOf(place: HTMLElement) {
  const style = getComputedStyle(place)
  const get = (name: string) => style.getPropertyValue(name).trim()
  return {
    water: get('--map-water'),
    land: get('--map-land'),
    border: get('--map-border'),
    accent: get('--accent'),
    surface: get('--surface'),
    ink: get('--ink'),
  }
}

function styleOf(place: HTMLElement, env: Env, source: string, basemap: Basemap): StyleSpecification {
  const colours = coloursOf(place)
  const { tiles } = env.map
  const count = ['coalesce', ['get', '_count'], 1]
  const kind = (name: string) => ['==', ['geometry-type'], name]
  return {
    version: 8,
    // Colours change with the theme, at once.
    transition: { duration: 0, delay: 0 },
    sources: {
      land: { type: 'geojson', data: basemap.land },
      borders: { type: 'geojson', data: basemap.borders },
      records: { type: 'vector', url: source },
      ...(tiles
        ? { tiles: { type: 'raster', tiles: [tiles.url], tileSize: 256, attribution: tiles.attribution } }
        : {}),
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': colours.water } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land } },
      {
        id: 'borders',
        type: 'line',
        source: 'borders',
        paint: { 'line-color': colours.border, 'line-width': 0.8 },
      },
      ...(tiles ? [{ id: 'tiles', type: 'raster', source: 'tiles' }] : []),
      {
        id: 'areas',
        type: 'fill',
        source: 'records',
        'source-layer': 'records',
        filter: kind('Polygon'),
        paint: { 'fill-color': colours.accent, 'fill-opacity': 0.3 },
      },
      {
        id: 'lines',
        type: 'line',
        source: 'records',
        'source-layer': 'records',
        filter: ['any', kind('LineString'), kind('Polygon')],
        paint: { 'line-color': colours.accent, 'line-width': 1.4 },
      },
      {
        id: 'points',
        type: 'circle',
        source: 'records',
        'source-layer': 'records',
        filter: kind('Point'),
        paint: {
          'circle-color': colours.accent,
          'circle-opacity': ['case', ['has', '_count'], 0.55, 0.85],
          'circle-radius': ['interpolate', ['linear'], ['sqrt', count], 1, 4, 10, 9, 60, 20, 300, 34],
          'circle-stroke-color': colours.surface,
          'circle-stroke-width': 1,
        },
      },
      {
        id: 'counts',
        type: 'symbol',
        source: 'records',
        'source-layer': 'records',
        filter: ['all', kind('Point'), ['has', '_count']],
        layout: { 'icon-image': countImage(colours), 'icon-allow-overlap': false, 'icon-padding': 0 },
      },
    ],
  } as StyleSpecification
}

const countPrefix = 'count'
/** The name of the picture of a number, in its colours. */
const countImage = ({ ink, surface }: { readonly ink: string; readonly surface: string }) => [
  'concat',
  `${countPrefix}|${ink}|${surface}|`,
  ['get', '_count'],
]

/** Numbers are drawn when they are first needed: glyphs would be fonts to ship, or to fetch from elsewhere. */
function drawCounts(map: MapLibre, env: Env): void {
  map.setMissingStyleImageResolver((id) => {
    const [prefix, ink = '', surface = '', count] = id.split('|')
    if (prefix !== countPrefix || map.hasImage(id)) return
    const text = env.format.compact(Number(count))
    const scale = 2
    const canvas = document.createElement('canvas')
    canvas.width = (text.length * 8 + 4) * scale
    canvas.height = 16 * scale
    const context = canvas.getContext('2d')
    if (!context) return
    context.font = `600 ${12 * scale}px system-ui, sans-serif`
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.lineWidth = 3 * scale
    context.lineJoin = 'round'
    context.strokeStyle = surface
    context.strokeText(text, canvas.width / 2, canvas.height / 2)
    context.fillStyle = ink
    context.fillText(text, canvas.width / 2, canvas.height / 2)
    map.addImage(id, context.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: scale })
  })
}

/** New colours without loading anything again. */
function paint(map: MapLibre, place: HTMLElement): void {
  const colours = coloursOf(place)
  map.setPaintProperty('water', 'background-color', colours.water)
  map.setPaintProperty('land', 'fill-color', colours.land)
  map.setPaintProperty('borders', 'line-color', colours.border)
  map.setPaintProperty('areas', 'fill-color', colours.accent)
  map.setPaintProperty('lines', 'line-color', colours.accent)
  map.setPaintProperty('points', 'circle-color', colours.accent)
  map.setPaintProperty('points', 'circle-stroke-color', colours.surface)
  map.setLayoutProperty('counts', 'icon-image', countImage(colours) as never)
}

function refineCoast(map: MapLibre, env: Env): void {
  let isFine = false
  const refine = async () => {
    if (isFine || env.map.tiles !== null || map.getZoom() < fineZoom) return
    isFine = true
    try {
      const fine = await fetchBasemap(env.map.basemap.fine)
      ;(map.getSource('land') as GeoJSONSource | undefined)?.setData(fine.land)
      ;(map.getSource('borders') as GeoJSONSource | undefined)?.setData(fine.borders)
    } catch {
      isFine = false
    }
  }
  map.on('load', refine)
  map.on('moveend', refine)
}

function tellPosition(map: MapLibre, { onMoved }: MapRequest): void {
  const round = (value: number) => Number(value.toFixed(5))
  const { lng, lat } = map.getCenter()
  const bounds = map.getBounds()
  const clamp = (value: number, most: number) => round(Math.min(most, Math.max(-most, value)))
  onMoved(`${map.getZoom().toFixed(2)},${round(lat)},${round(lng)}`, [
    clamp(bounds.getSouth(), 90),
    clamp(bounds.getWest(), 180),
    clamp(bounds.getNorth(), 90),
    clamp(bounds.getEast(), 180),
  ])
}

/** A group opens by coming nearer, a record by telling what it is. */
function openRecords(map: MapLibre, library: typeof import('maplibre-gl'), request: MapRequest): void {
  const layers = ['points', 'lines', 'areas']
  const popup = new library.Popup({ closeButton: true, maxWidth: '320px' })
  map.on('click', async (event) => {
    const [feature] = map.queryRenderedFeatures(event.point, { layers }) as MapGeoJSONFeature[]
    if (!feature) return
    const { _id: id } = feature.properties
    if (id === undefined) {
      map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 })
      return
    }
    try {
      const record = await request.env.api.get<DataRecord>(request.recordHref(String(id)))
      popup.setLngLat(event.lngLat).setDOMContent(describeRecord(record, request)).addTo(map)
    } catch {
      // The next click may have more luck.
    }
  })
  map.on('mousemove', ({ point }) => {
    map.getCanvas().style.cursor = map.queryRenderedFeatures(point, { layers }).length > 0 ? 'pointer' : ''
  })
}

function describeRecord(record: DataRecord, { fields, env }: MapRequest): HTMLElement {
  const list = document.createElement('dl')
  list.className = 'record-card'
  for (const field of fields) {
    const text = describeValue(field, record[field.name], env)
    if (text === '') continue
    const term = document.createElement('dt')
    term.textContent = field.label
    const value = document.createElement('dd')
    value.textContent = text
    list.append(term, value)
  }
  return list
}
