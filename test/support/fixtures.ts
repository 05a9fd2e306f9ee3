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

/** `count` rows of visits: number (unique), day, city, amount, note. `mark` is in every row's note. */
export function visitsCsv(
  count: number,
  options: { seed?: number; mark?: string; from?: number } = {},
): string {
  const lines = ['number,day,city,amount,note']
  for (const line of visitLines(count, options)) lines.push(line)
  return `${lines.join('\n')}\n`
}

export function* visitLines(
  count: number,
  { seed = 7, mark = 'plain', from = 0 }: { seed?: number; mark?: string; from?: number } = {},
): Generator<string> {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  for (let index = 0; index < count; index++) {
    const number = from + index
    const day = new Date(Date.UTC(2030, 0, 1 + Math.floor(random() * 365))).toISOString().slice(0, 10)
    const note = `${mark} ${pick(words)} ${pick(words)}`
    yield `${number},${day},${pick(cities)},${(random() * 1000).toFixed(2)},${note}`
  }
}

/** Writes visits to a file without holding them: for builds that take long enough to be interrupted. */
export async function writeVisits(path: string, count: number, mark = 'plain'): Promise<void> {
  const file = createWriteStream(path)
  const write = async (text: string) => {
    if (!file.write(text)) await once(file, 'drain')
  }
  await write('number,day,city,amount,note\n')
  let chunk: string[] = []
  for (const line of visitLines(count, { mark })) {
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
