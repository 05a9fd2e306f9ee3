/** Geometries of literals as plain data: points, lines and areas, whatever they were called where they were written. */

/** Degrees: [lon, lat]. */
export type Position = readonly [lon: number, lat: number]
export type Line = readonly Position[]

export interface Geometry {
  readonly points: readonly Position[]
  readonly lines: readonly Line[]
  /** Each a list of rings: the outer one, then its holes. */
  readonly areas: readonly (readonly Line[])[]
}

export interface Box {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

export function joinGeometries(parts: readonly Geometry[]): Geometry {
  return {
    points: parts.flatMap((part) => part.points),
    lines: parts.flatMap((part) => part.lines),
    areas: parts.flatMap((part) => part.areas),
  }
}

export function positionsOf(geometry: Geometry): Position[] {
  return [...geometry.points, ...geometry.lines.flat(), ...geometry.areas.flat(2)]
}

export function boxOf(geometry: Geometry): Box {
  const box = {
    west: Number.POSITIVE_INFINITY,
    south: Number.POSITIVE_INFINITY,
    east: Number.NEGATIVE_INFINITY,
    north: Number.NEGATIVE_INFINITY,
  }
  for (const [lon, lat] of positionsOf(geometry)) {
    box.west = Math.min(box.west, lon)
    box.east = Math.max(box.east, lon)
    box.south = Math.min(box.south, lat)
    box.north = Math.max(box.north, lat)
  }
  return box
}

/** What reaches over the antimeridian is there a second time, on the other side of the map. */
export function unwrapped(geometry: Geometry): Geometry {
  const { west, east } = boxOf(geometry)
  const copies = [
    ...(east > 180 ? [turned(geometry, -360)] : []),
    ...(west < -180 ? [turned(geometry, 360)] : []),
  ]
  return copies.length === 0 ? geometry : joinGeometries([geometry, ...copies])
}

/** A geometry, and the same a turn to the west and to the east: for what may itself reach over the antimeridian. */
export function everyTurn(geometry: Geometry): Geometry {
  return joinGeometries([turned(geometry, -360), geometry, turned(geometry, 360)])
}

function turned(geometry: Geometry, degrees: number): Geometry {
  const move = ([lon, lat]: Position): Position => [lon + degrees, lat]
  return {
    points: geometry.points.map(move),
    lines: geometry.lines.map((line) => line.map(move)),
    areas: geometry.areas.map((rings) => rings.map((ring) => ring.map(move))),
  }
}

/** A segment; a point is one without length. */
export interface Edge {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

export function edgesOf(lines: readonly Line[]): Edge[] {
  return lines.flatMap((line) =>
    line.slice(1).map((to, index) => ({ a: line[index]![0], b: line[index]![1], c: to[0], d: to[1] })),
  )
}
