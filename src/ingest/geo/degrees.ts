import { GeoFault } from './answer.ts'

const number = '([0-9]{1,3}(?:[.,][0-9]{1,12})?)'
const one = (letters: string) =>
  `([${letters}+-]?)\\s*${number}(?:\\s*[°ºd:\\s]\\s*(?:${number}(?:\\s*[′'’m:\\s]\\s*(?:${number}\\s*(?:″|”|"|''|s)?)?)?)?)?\\s*([${letters}]?)`
const pattern = new RegExp(`^\\s*${one('NS')}\\s*[,;/]?\\s*${one('EWO')}\\s*$`, 'i')

/** `48°51'24" N, 2°21'03" E` and what else people write, latitude first, as `lat,lon` in degrees. Errors: GeoFault. */
export function degreesText(text: string): string {
  const match = text.length <= 200 ? pattern.exec(text) : null
  if (!match) throw new GeoFault('not degrees, minutes and seconds')
  const lat = degreesOf(match.slice(1, 6), 90)
  const lon = degreesOf(match.slice(6, 11), 180)
  return `${lat.toFixed(8)},${lon.toFixed(8)}`
}

function degreesOf(
  [before, degrees, minutes, seconds, after]: (string | undefined)[],
  limit: number,
): number {
  const value = (part: string | undefined) => (part === undefined ? 0 : Number(part.replace(',', '.')))
  const size = value(degrees) + value(minutes) / 60 + value(seconds) / 3600
  const isRight = value(minutes) < 60 && value(seconds) < 60 && size <= limit
  if (!isRight || (before && after)) throw new GeoFault('not degrees, minutes and seconds')
  // O is the west of French and Spanish maps; nobody's east.
  return /[SWO-]/i.test(before || after || '') ? -size : size
}
