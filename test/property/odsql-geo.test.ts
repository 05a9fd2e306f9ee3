/**
 * Spatial conditions and functions against a trusted library (Turf), over places drawn from a printed seed: all over the
 * world, and crowded where longitudes jump and meridians meet. What lies on a border is left out: there rounding decides.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { booleanIntersects } from '@turf/boolean-intersects'
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { convex } from '@turf/convex'
import { distance } from '@turf/distance'
import { featureCollection, lineString, point, polygon } from '@turf/helpers'
import { nearestPointOnLine } from '@turf/nearest-point-on-line'
import { sourceOf } from '../support/builder.ts'
import { createRandom } from '../support/fixtures.ts'
import { createChance, isSoak, seed } from '../support/seed.ts'
import { openBoth, type Reader } from '../support/shops.ts'

type Place = readonly [lon: number, lat: number]

const random = createRandom(seed)
const between = (low: number, high: number) => low + random() * (high - low)
const cases = isSoak ? 400 : 10

/** The `index`th of all cases draws from its own share of the range: few cases reach over all of it, whatever the seed. */
const spread = (index: number, low: number, high: number) => low + ((high - low) * (index + random())) / cases

/** Of the kinds that are worth having: anywhere on the sphere, and at the edges of what coordinates can say. */
function drawPlace(): Place {
  const lat = (Math.asin(between(-1, 1)) * 180) / Math.PI
  switch (Math.floor(random() * 6)) {
    case 0:
      return [(random() < 0.5 ? -1 : 1) * (180 - 10 ** between(-3, 0.5)), between(-90, 90)]
    case 1:
      return [between(-180, 180), random() < 0.5 ? between(87, 90) : between(-90, -87)]
    case 2:
      return [[-180, 180, 0, 90][Math.floor(random() * 4)]!, [-90, 90, 0, 45][Math.floor(random() * 4)]!]
    default:
      return [between(-180, 180), lat]
  }
}

const places = Array.from({ length: 240 }, drawPlace)
/** Small squares, some over the antimeridian: their longitudes go on beyond 180 there. */
const squares = places.map(([lon, lat]) => {
  const size = between(0.01, 0.1)
  const [west, south] = [lon, Math.min(lat, 90 - size)]
  return [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ] as Place[]
})

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  const rows = places.map(([lon, lat], id) => ({
    id,
    lon,
    lat,
    area: JSON.stringify({ type: 'Polygon', coordinates: [squares[id]] }),
  }))
  const text = rows.map((row) => JSON.stringify(row)).join('\n')
  const step = (name: string, args: Record<string, string>, index: number) => ({
    processor_uid: `pr_${index}`,
    name,
    args,
  })
  readers = await openBoth(t as never, [sourceOf(t as never, 'places.jsonl', text, 'jsonl')], {
    processors: [step('create_geopoint', { latitude: 'lat', longitude: 'lon', output_field: 'place' }, 0)],
    fieldSpecifications: [step('type', { field: 'area', type: 'geo_shape' }, 1)],
  })
})

async function idsOf(where: string): Promise<Set<number>> {
  const [row] = await readers.indexed.rows({ select: 'count(*) as n', where })
  const found = new Set<number>()
  for (let offset = 0; offset < Number(row!.n); offset += 100)
    for (const { id } of await readers.indexed.rows({ select: 'id', where, offset, orderBy: 'id' }))
      found.add(Number(id))
  assert.equal(found.size, Number(row!.n))
  return found
}

/** `isIn`: whether a place must be found; null on a border. */
async function agrees(where: string, isIn: (id: number) => boolean | null): Promise<number> {
  const found = await idsOf(where)
  let inside = 0
  for (const id of places.keys()) {
    const expected = isIn(id)
    if (expected === null) continue
    assert.equal(found.has(id), expected, `${JSON.stringify(places[id])} and ${where}`)
    if (expected) inside++
  }
  return inside
}

const wkt = ([lon, lat]: Place) => `geom'POINT(${lon} ${lat})'`
const metresBetween = (a: Place, b: Place) => distance(point([...a]), point([...b]), { units: 'meters' })

/** A polygon around a place, on the map: it may reach over the antimeridian, not over a pole. `reach`: in degrees. */
function drawPolygon(reach: number): Place[] {
  const [lon, lat] = drawPlace()
  const corners = 3 + Math.floor(random() * 9)
  const ring = Array.from({ length: corners }, (_, index): Place => {
    const [angle, radius] = [(2 * Math.PI * (index + random() * 0.8)) / corners, reach * between(0.3, 1)]
    const y = Math.max(-90, Math.min(90, lat + radius * Math.sin(angle)))
    return [lon + radius * Math.cos(angle), y]
  })
  return [...ring, ring[0]!]
}

/** Computed once for each place. */
function once<T>(isIn: (id: number) => T): (id: number) => T {
  const known = new Map<number, T>()
  return (id) => {
    if (!known.has(id)) known.set(id, isIn(id))
    return known.get(id)!
  }
}

/** Whether the boxes of two rings overlap, one of them turned: others have nothing in common. */
const isNear = (ring: readonly Place[], other: readonly Place[], turn: number) =>
  [0, 1].every((axis) => {
    const shift = axis === 0 ? turn : 0
    const [mine, theirs] = [ring.map((place) => place[axis]!), other.map((place) => place[axis]! + shift)]
    return Math.min(...mine) <= Math.max(...theirs) + 0.01 && Math.max(...mine) >= Math.min(...theirs) - 0.01
  })

const crossing = (ring: readonly Place[], [lon, lat]: Place) =>
  [-360, 0, 360].some(
    (turn) =>
      isNear(ring, [[lon, lat]], turn) &&
      booleanPointInPolygon(point([lon + turn, lat]), polygon([ring.map((place) => [...place])])),
  )
/** Null where a step in any direction changes the answer. */
function isInside(ring: readonly Place[], [lon, lat]: Place): boolean | null {
  const near = [
    [0, 0],
    [1e-7, 0],
    [-1e-7, 0],
    [0, 1e-7],
    [0, -1e-7],
  ].map(([dx, dy]) => crossing(ring, [lon + dx!, lat + dy!]))
  return near.every((one) => one === near[0]) ? near[0]! : null
}

describe('points', () => {
  test('within_distance and distance are those of the great circle', async (t) => {
    createChance(t)
    let inside = 0
    for (let count = 0; count < cases; count++) {
      const centre = drawPlace()
      const metres = Math.round(10 ** spread(count, 3, 7.3))
      inside += await agrees(`within_distance(place, ${wkt(centre)}, ${metres}m)`, (id) => {
        const found = metresBetween(centre, places[id]!)
        return Math.abs(found - metres) < 0.01 ? null : found < metres
      })
    }
    assert.ok(inside > cases, String(inside))
    const centre = drawPlace()
    const select = `id, distance(place, ${wkt(centre)}) as d`
    for (const offset of [0, 100, 200])
      for (const { id, d } of await readers.scanned.rows({ select, orderBy: 'id', offset })) {
        const expected = metresBetween(centre, places[id as number]!)
        // Half way round the world the formula knows the last metres less well.
        assert.ok(Math.abs(Number(d) - expected) <= 1e-6 * expected + 1, `${id}: ${d}, not ${expected}`)
      }
  })

  test('in_bbox is a range of latitudes and one of longitudes, over the antimeridian too', async (t) => {
    createChance(t)
    let over = 0
    for (let count = 0; count < cases; count++) {
      const [[x1, lat1], [x2, lat2]] = [drawPlace(), drawPlace()]
      const [south, north] = [Math.min(lat1, lat2), Math.max(lat1, lat2)]
      // Every other box lies over the antimeridian.
      const [lon1, lon2] = x1 > x2 === (count % 2 === 0) ? [x1, x2] : [x2, x1]
      if (lon1 > lon2) over++
      await agrees(`in_bbox(place, ${south}, ${lon1}, ${north}, ${lon2})`, (id) => {
        const [lon, lat] = places[id]!
        const isBetween = lon1 > lon2 ? lon >= lon1 || lon <= lon2 : lon >= lon1 && lon <= lon2
        return isBetween && lat >= south && lat <= north
      })
    }
    assert.ok(over > cases / 4, String(over))
  })

  test('within, intersects and disjoint of polygons, over the antimeridian too', async (t) => {
    createChance(t)
    let inside = 0
    for (let count = 0; count < cases; count++) {
      const ring = drawPolygon(spread(count, 1, 60))
      const literal = `geom'POLYGON((${ring.map((place) => place.join(' ')).join(', ')}))'`
      const isIn = once((id) => isInside(ring, places[id]!))
      inside += await agrees(`within(place, ${literal})`, isIn)
      await agrees(`intersects(place, ${literal})`, isIn)
      await agrees(`disjoint(place, ${literal})`, (id) => {
        const expected = isIn(id)
        return expected === null ? null : !expected
      })
    }
    assert.ok(inside > cases / 2, String(inside))
  })

  test('the envelope of any of them is their convex hull', async (t) => {
    createChance(t)
    for (let count = 0; count < cases; count++) {
      const [from, to] = [Math.floor(between(0, 190)), Math.floor(between(4, 50))]
      const where = `id >= ${from} and id < ${from + to}`
      const [row] = await readers.indexed.rows({ select: 'envelope(place) as hull', where })
      const part = places.slice(from, from + to)
      const expected = convex(featureCollection(part.map((place) => point([...place]))))
      // The library names a place as often as it was given.
      const corners = (of: unknown) =>
        new Set((of as { geometry: { coordinates: Place[][] } }).geometry.coordinates[0]!.map(String))
      // Fewer than three corners are no area, to the library.
      if (expected !== null && corners(expected).size > 2)
        assert.deepEqual(corners(row!.hull), corners(expected), where)
    }
  })

  test('clusters hold every point once, and their centres lie among their points', async (t) => {
    createChance(t)
    for (const zoom of [0, 1, 2, 4, 6, 10]) {
      const rows = await readers.indexed.rows({
        select: 'c, count(*) as n, envelope(place) as hull, bbox(place) as box',
        groupBy: `geo_cluster(place, ${zoom}) as c`,
        limit: 1000,
      })
      assert.equal(
        rows.reduce((sum, { n }) => sum + Number(n), 0),
        places.length,
      )
      for (const row of rows) {
        const { cluster } = row.c as { cluster: { lon: number; lat: number } }
        const [[west, south], , [east, north]] = (row.box as { geometry: { coordinates: [Place[]] } })
          .geometry.coordinates[0] as [Place, Place, Place]
        const slack = 1e-7
        assert.ok(cluster.lon >= west - slack && cluster.lon <= east + slack)
        assert.ok(cluster.lat >= south - slack && cluster.lat <= north + slack)
        const hull = (row.hull as { geometry: { type: string; coordinates: [Place[]] } }).geometry
        const isThin = east - west < 1e-3 || north - south < 1e-3
        if (hull.type !== 'Polygon' || isThin) continue
        const shrunk = hull.coordinates[0].map(([lon, lat]) => [
          cluster.lon + (lon - cluster.lon) * 1.000001,
          cluster.lat + (lat - cluster.lat) * 1.000001,
        ])
        assert.ok(booleanPointInPolygon(point([cluster.lon, cluster.lat]), polygon([shrunk])))
      }
    }
  })
})

describe('shapes', () => {
  test('within_distance is the distance to the nearest edge, and nothing inside', async (t) => {
    createChance(t)
    let [inside, judged] = [0, 0]
    for (let count = 0; count < cases; count++) {
      const start = places[Math.floor(between(0, places.length))]!
      const reach = count % 2 === 0 ? 0.01 : 0.3
      // As others write it: between -180 and 180, whatever side the shape was begun on.
      const lon = ((start[0] + between(-reach, reach) + 540) % 360) - 180
      const centre: Place = [lon, Math.max(-90, Math.min(90, start[1] + between(-reach, reach)))]
      const metres = Math.round(10 ** spread(count, 2.5, 5))
      inside += await agrees(`within_distance(area, ${wkt(centre)}, ${metres}m)`, (id) => {
        const ring = squares[id]!
        if (crossing(ring, centre)) return true
        // Where meridians meet, an edge along a parallel is no great circle, as it is to the library.
        if (Math.abs(ring[0]![1]) > 85) return null
        const found = Math.min(
          ...[-360, 0, 360].map(
            (turn) =>
              nearestPointOnLine(
                lineString(ring.map(([lon, lat]) => [lon + turn, lat])),
                point([...centre]),
                { units: 'meters' },
              ).properties.dist,
          ),
        )
        if (Math.abs(found - metres) < 0.005 * metres + 5) return null
        judged++
        return found < metres
      })
    }
    assert.ok(inside > 0 && judged > 500, `${inside} of ${judged}`)
  })

  test('in_bbox holds those that lie in the box as a whole', async (t) => {
    createChance(t)
    for (let count = 0; count < cases; count++) {
      const [[lon1, lat1], [lon2, lat2]] = [drawPlace(), drawPlace()]
      const [south, north] = [Math.min(lat1, lat2), Math.max(lat1, lat2)]
      await agrees(`in_bbox(area, ${south}, ${lon1}, ${north}, ${lon2})`, (id) => {
        const [[west, low], , [east, high]] = squares[id] as [Place, Place, Place]
        // One that goes on beyond 180 has longitudes of both sides: boxes do not say those.
        if (east > 180) return null
        const isBetween = lon1 > lon2 ? west >= lon1 || east <= lon2 : west >= lon1 && east <= lon2
        return isBetween && low >= south && high <= north
      })
    }
  })

  test('intersects and disjoint, where either side goes on beyond the antimeridian', async (t) => {
    createChance(t)
    let inside = 0
    for (let count = 0; count < cases; count++) {
      const ring = drawPolygon(spread(count, 1, 60))
      const scaled = (by: number) => {
        const [lon, lat] = ring[0]!
        return ring.map(([x, y]): Place => [lon + (x - lon) * by, lat + (y - lat) * by])
      }
      const meets = (other: readonly Place[], id: number) =>
        [-360, 0, 360].some(
          (turn) =>
            isNear(other, squares[id]!, turn) &&
            booleanIntersects(
              polygon([squares[id]!.map(([lon, lat]) => [lon + turn, lat])]),
              polygon([other.map((place) => [...place])]),
            ),
        )
      const isIn = once((id) => {
        const near = [1, 0.99999, 1.00001].map((by) => meets(scaled(by), id))
        return near.every((one) => one === near[0]) ? near[0]! : null
      })
      const literal = `geom'POLYGON((${ring.map((place) => place.join(' ')).join(', ')}))'`
      inside += await agrees(`intersects(area, ${literal})`, isIn)
      await agrees(`disjoint(area, ${literal})`, (id) => {
        const expected = isIn(id)
        return expected === null ? null : !expected
      })
    }
    assert.ok(inside > cases / 2, String(inside))
  })
})
