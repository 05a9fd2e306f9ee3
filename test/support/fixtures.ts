/** Tables made from a seed: the same bytes on every machine, each for the trouble it is to make. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** A small generator of pseudo-random numbers (mulberry32): 32 bits of state, the same everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const cities = ['Lyon', 'Nîmes', 'Saint-Étienne', 'Brest', 'Pau', 'Metz']
const words = ['quiet', 'market', 'river', 'lamp', 'broken', 'street', 'école', 'night', 'noise', 'tree']

export interface VisitOptions {
  readonly seed?: number
  /** The same in every row of a file: rows of two files are told apart by it. */
  readonly edition?: number
}

const visitHeader = 'number,day,city,amount,edition,note'

/** Visits: number (0, 1, 2...), day, city (six of them), amount, edition, note. */
export function visitsCsv(count: number, options: VisitOptions = {}): string {
  return `${[visitHeader, ...visitLines(count, options)].join('\n')}\n`
}

function* visitLines(count: number, { seed = 7, edition = 1 }: VisitOptions): Generator<string> {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  for (let number = 0; number < count; number++) {
    const day = new Date(Date.UTC(2030, 0, 1 + Math.floor(random() * 365))).toISOString().slice(0, 10)
    const amount = (random() * 1000).toFixed(2)
    yield `${number},${day},${pick(cities)},${amount},${edition},${pick(words)} ${pick(words)} ${pick(words)}`
  }
}

/** Writes visits to a file without holding them: for builds that take long enough to be interrupted. */
export async function writeVisits(path: string, count: number, options: VisitOptions = {}): Promise<void> {
  const file = createWriteStream(path)
  const write = async (text: string) => {
    if (!file.write(text)) await once(file, 'drain')
  }
  await write(`${visitHeader}\n`)
  let chunk: string[] = []
  for (const line of visitLines(count, options)) {
    chunk.push(line)
    if (chunk.length === 20_000) {
      await write(`${chunk.join('\n')}\n`)
      chunk = []
    }
  }
  if (chunk.length > 0) await write(`${chunk.join('\n')}\n`)
  file.end()
  await once(file, 'finish')
}
