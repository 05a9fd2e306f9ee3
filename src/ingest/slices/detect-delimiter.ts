import { type CsvDialect, createCsvScanner, parseCsvRecord } from './csv-records.ts'

const candidates = [',', ';', '\t', '|']
const mostRecords = 200

/**
 * The separator of a CSV file by its head: the one that cuts most records into the same number of values, the first
 * record among them; of two that do, the one that makes more values. A comma when none cuts anything.
 *
 * The engine's own sniffer is not used: it takes quoted sentences for columns, and one odd row misleads it.
 */
export function detectDelimiter(
  head: Buffer,
  known: { readonly quote: string; readonly escape: string; readonly skip: number },
): string {
  let best = { delimiter: ',', score: 0, values: 1 }
  for (const delimiter of candidates) {
    const counts = valuesPerRecord(head, { delimiter, quote: known.quote, escape: known.escape }, known.skip)
    const { count, share } = commonest(counts)
    if (count < 2) continue
    const score = share * (counts[0] === count ? 1 : 0.5)
    if (score > best.score || (score === best.score && count > best.values))
      best = { delimiter, score, values: count }
  }
  return best.delimiter
}

function valuesPerRecord(head: Buffer, dialect: CsvDialect, skip: number): number[] {
  const scanner = createCsvScanner(dialect)
  const counts: number[] = []
  let start = 0
  let seen = 0
  function look(end: number): void {
    const text = head.toString('utf8', start, end).replace(/[\r\n]+$/, '')
    if (seen++ >= skip && text !== '') counts.push(parseCsvRecord(text, dialect).length)
    start = end
  }
  scanner.scan(head, 0, head.length, (end) => {
    look(end)
    return counts.length >= mostRecords
  })
  // The last record may be cut off by the end of the head: it counts only when there is no other.
  if (counts.length === 0 && start < head.length) look(head.length)
  return counts
}

function commonest(counts: readonly number[]): { count: number; share: number } {
  const tally = new Map<number, number>()
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1)
  let best = { count: 1, share: 0 }
  for (const [count, times] of tally)
    if (times / counts.length > best.share) best = { count, share: times / counts.length }
  return best
}
