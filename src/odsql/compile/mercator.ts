/** Places on the web's map (Web Mercator) in SQL: 0 to 1 from west to east and from north to south. */

export const mapX = (lon: string) => `((${lon} + 180) / 360)`

/** Latitudes end at 85.05, as the map does. */
export const mapY = (lat: string) =>
  `(0.5 - asinh(tan(radians(least(85.05112877980659, greatest(-85.05112877980659, ${lat}))))) / (2 * pi()))`
