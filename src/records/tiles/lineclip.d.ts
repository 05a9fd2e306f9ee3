/** The library has no types of its own. */
declare module 'lineclip' {
  type Place = [x: number, y: number]
  type Bounds = readonly [west: number, south: number, east: number, north: number]
  export function clipPolyline(points: readonly Place[], bounds: Bounds): Place[][]
  export function clipPolygon(points: readonly Place[], bounds: Bounds): Place[]
}
