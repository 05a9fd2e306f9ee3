/** Small CSV texts that geocoders take and give: RFC 4180, a few thousand lines. */

export function printCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(printCell).join(',')}\r\n`).join('')
}

function printCell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y

/** Null: a quote that never closes, or something behind one. */
export function parseCsv(text: string): string[][] | null {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    cell.lastIndex = at
    const match = cell.exec(text)
    if (!match) return null
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    at = cell.lastIndex
    if (match[3] === ',') {
      if (at === text.length) row.push('')
      else continue
    }
    rows.push(row)
    row = []
  }
  return rows
}

/** A form with one file, as bytes. `boundary`: in none of the texts. */
export function fileForm(
  file: { readonly field: string; readonly name: string; readonly content: string },
  fields: Readonly<Record<string, string>>,
): { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> } {
  let boundary = 'broadsheet-form'
  while (file.content.includes(boundary)) boundary += '-'
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${file.field}"; filename="${file.name}"\r\nContent-Type: text/csv\r\n\r\n`
  return {
    body: Buffer.from(`${texts.join('')}${head}${file.content}\r\n--${boundary}--\r\n`),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}
