/**
 * geo_cluster: points are put into square cells of the map (Web Mercator, as tiles are), and a cell joins the fullest of
 * the cells around it whose centre of points is nearer than a cell's width, which may itself join another. So no two
 * clusters have the centres of their fullest cells nearer than that. The key is the centre of all points of a cluster.
 * Clusters do not reach over the antimeridian. ODSQL specification, section 6.
 */
import { mapX, mapY } from './mercator.ts'

// Rounded to a millimetre: threads add up in any order, and the last digits of a sum with them.
export function clusterSql(order: {
  /** Rows with the columns `_x<n>` and `_y<n>` of cellSql. */
  readonly rows: string
  readonly index: number
  /** SQL of the point. */
  readonly point: string
}): { readonly tables: readonly string[]; readonly key: string; readonly join: string } {
  const { rows, index, point } = order
  const [cells, links, roots, keys] = ['_cells', '_links', '_roots', '_clusters'].map(
    (name) => `${name}${index}`,
  )
  const [x, y] = [`_x${index}`, `_y${index}`]
  // The engine takes windows of two subqueries for one namespace.
  const window = `w${index}`
  const near = `b.cx between a.cx - 1 and a.cx + 1 and b.cy between a.cy - 1 and a.cy + 1`
  return {
    tables: [
      `${cells} as (select floor(${x})::bigint as cx, floor(${y})::bigint as cy, count(*) as n, avg(${x}) as mx, avg(${y}) as my, sum((${point}).lon) as lons, sum((${point}).lat) as lats from ${rows} where ${x} is not null group by 1, 2)`,
      `${links} as (select a.cx, a.cy, arg_max({'cx': b.cx, 'cy': b.cy}, (b.n, b.cx, b.cy)) as up from ${cells} a join ${cells} b on ${near} and pow(a.mx - b.mx, 2) + pow(a.my - b.my, 2) < 1 and (b.n, b.cx, b.cy) >= (a.n, a.cx, a.cy) group by a.cx, a.cy)`,
      `${roots} as (select cx, cy, cx as rx, cy as ry from ${links} where up.cx = cx and up.cy = cy union all select l.cx, l.cy, r.rx, r.ry from ${roots} r join ${links} l on l.up.cx = r.cx and l.up.cy = r.cy and not (l.cx = r.cx and l.cy = r.cy))`,
      `${keys} as (select cx, cy, to_json({'cluster': {'lat': round(sum(lats) over ${window} / sum(n) over ${window}, 8), 'lon': round(sum(lons) over ${window} / sum(n) over ${window}, 8)}}) as key from ${roots} join ${cells} using (cx, cy) window ${window} as (partition by rx, ry))`,
    ],
    key: `${keys}.key`,
    join: `join ${keys} on floor(_rows.${x}) = ${keys}.cx and floor(_rows.${y}) = ${keys}.cy`,
  }
}

/** SQL of a point's place on the map in cells. `zoom` 0 is one tile of 256 pixels. */
export function cellSql(point: string, zoom: number, cellPixels: number): readonly [x: string, y: string] {
  const cells = (256 * 2 ** zoom) / cellPixels
  return [`${mapX(`(${point}).lon`)} * ${cells}::double`, `${mapY(`(${point}).lat`)} * ${cells}::double`]
}
