/** `air_quality-2031.csv` -> `Air quality 2031`: what a dataset is called until somebody calls it something else. */
export function titleOfFile(filename: string): string {
  const words = filename
    .replace(/^.*[/\\]/, '')
    .replace(/(\.[A-Za-z][A-Za-z0-9]{0,9})+$/, '')
    .replaceAll(/[_\-.\s]+/g, ' ')
    .trim()
  return words === '' ? filename : `${words[0]!.toUpperCase()}${words.slice(1)}`
}
