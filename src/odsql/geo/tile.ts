/** Tiles of the web's map: Web Mercator, zoom 0 is the world, x counts to the east and y to the south. */
import type { Box } from './geometry.ts'

export interface Tile {
  readonly z: number
  readonly x: number
  readonly y: number
}

/** Units along a side of a tile, as vector tiles have them. */
export const tileExtent = 4096
/** Units around a tile in which shapes go on, so that the edges of their clipping are not seen. */
export const tileBuffer = 64

/**
 * The sides of a tile in degrees, `buffer` units around it included. At the northern and southern end of the map they lie
 * beyond the poles: what the map has no place for (latitudes over 85.05) belongs to its last rows. Neighbours have the
 * same numbers for the side that they share.
 */
export function tileBox({ z, x, y }: Tile, buffer = 0): Box {
  const size = 2 ** z
  const margin = buffer / tileExtent
  const lonAt = (at: number) => (at / size) * 360 - 180
  const latAt = (at: number) => {
    if (at <= 0) return 91
    if (at >= size) return -91
    return (Math.atan(Math.sinh(Math.PI * (1 - (2 * at) / size))) * 180) / Math.PI
  }
  return {
    west: lonAt(x - margin),
    east: lonAt(x + 1 + margin),
    north: latAt(y - margin),
    south: latAt(y + 1 + margin),
  }
}
