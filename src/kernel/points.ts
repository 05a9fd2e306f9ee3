/**
 * Where points are, in whole numbers. A point's degrees are two doubles inside a struct, of which the engine reads every one;
 * whole numbers beside them compress to a byte or two, and it leaves out blocks of them by their least and greatest.
 */

/** Cells in a degree: one is some eleven metres high. */
export const cellsPerDegree = 10_000

/** Columns with the cell that a point is in, INTEGER, null without a point: longitudes from -180, latitudes to 90 degrees. */
export interface CellColumns {
  readonly lon: string
  readonly lat: string
}

/** Names of these columns of a field. */
export const cellColumns = (fieldIndex: number): CellColumns => ({
  lon: `_lon${fieldIndex}`,
  lat: `_lat${fieldIndex}`,
})

/** SQL of the cell that a point is in; longitudes beyond the map are those a turn away. */
export function cellSqlOf(point: string): CellColumns {
  const [lon, lat] = [`(${point}).lon`, `(${point}).lat`]
  const cell = (degrees: string) => `try_cast(floor((${degrees}) * ${cellsPerDegree}) as integer)`
  return {
    lon: cell(`${lon} - 360 * floor((${lon} + 180) / 360)`),
    // greatest() and least() of nothing and a number are the number.
    lat: cell(`case when ${lat} is not null then greatest(-90, least(90, ${lat})) end`),
  }
}
