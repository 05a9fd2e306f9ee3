/** The files that are measured with: made once, from a seed, and kept in bench/.work. */
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom } from '../../test/support/fixtures.ts'
import { firstKey, serviceRequestLines } from './service-requests.ts'

export const workDirectory = fileURLToPath(new URL('../.work', import.meta.url))

export type Scale = 'full' | 'small'

export interface Input {
  readonly path: string
  readonly rows: number
  readonly bytes: number
}

/** Changed whenever the generator changes, so that no old file is measured with. */
const generatorVersion = 1
const fullRows = 1_033_882
const smallRows = 30_000

/** About 470 MB at full scale. */
export const cityInput = (scale: Scale): Promise<Input> => tableInput(scale === 'full' ? fullRows : smallRows)
/** About 100 KB. */
export const tinyInput = (): Promise<Input> => tableInput(225)
/** About 1 MB. */
export const littleInput = (): Promise<Input> => tableInput(2250)

/** About 5 GB at full scale. */
export const hugeInput = (scale: Scale): Promise<Input> => copiedInput(scale, scale === 'full' ? 11 : 3)

/** The city's table so many times, each time with keys of its own. */
export async function copiedInput(scale: Scale, copies: number): Promise<Input> {
  const source = await cityInput(scale)
  if (copies === 1) return source
  return ensure(`requests-${source.rows}-x${copies}`, source.rows * copies, (write) =>
    repeat(source, copies, write),
  )
}

function tableInput(rows: number): Promise<Input> {
  return ensure(`requests-${rows}`, rows, async (write) => {
    let chunk: string[] = []
    for (const line of serviceRequestLines(rows)) {
      chunk.push(line)
      if (chunk.length < 2000) continue
      await write(`${chunk.join('\n')}\n`)
      chunk = []
    }
    if (chunk.length > 0) await write(`${chunk.join('\n')}\n`)
  })
}

/** Places on land and sea, thicker around a hundred of them, as places of things are. */
export function pointsInput(rows: number): Promise<Input> {
  return ensure(`points-${rows}`, rows, async (write) => {
    const random = createRandom(17)
    const centres = Array.from({ length: 100 }, () => [random() * 120 - 55, random() * 340 - 170] as const)
    const lines = ['id,name,kind,lat,lon']
    for (let id = 1; id <= rows; id++) {
      const [lat, lon] = centres[Math.floor(random() * centres.length)]!
      // The product of two is small more often than one is.
      const off = () => (random() - 0.5) * random() * 20
      lines.push(`${id},place ${id},kind ${id % 7},${(lat + off()).toFixed(5)},${(lon + off()).toFixed(5)}`)
    }
    await write(`${lines.join('\n')}\n`)
  })
}

type Write = (data: string | Buffer) => Promise<void>

/** Copies the table; of each line's key only the first two digits change, so that lines keep their length. */
async function repeat(source: Input, copies: number, write: Write): Promise<void> {
  const leading = Number(String(firstKey).slice(0, 2))
  for (let copy = 0; copy < copies; copy++) {
    const digits = Buffer.from(String(leading + copy))
    let isHeader = true
    let rest: Buffer = Buffer.alloc(0)
    const chunks: AsyncIterable<Buffer> = createReadStream(source.path, { highWaterMark: 1 << 20 })
    for await (const chunk of chunks) {
      const bytes = Buffer.concat([rest, chunk])
      let start = 0
      if (isHeader) {
        start = bytes.indexOf(10) + 1
        isHeader = false
        if (copy === 0) await write(bytes.subarray(0, start))
      }
      const end = bytes.lastIndexOf(10) + 1
      for (let line = start; line < end; line = bytes.indexOf(10, line) + 1) digits.copy(bytes, line)
      await write(bytes.subarray(start, end))
      rest = bytes.subarray(end)
    }
  }
}

async function ensure(name: string, rows: number, fill: (write: Write) => Promise<void>): Promise<Input> {
  mkdirSync(workDirectory, { recursive: true })
  const path = join(workDirectory, `${name}-v${generatorVersion}.csv`)
  if (!existsSync(path)) {
    process.stderr.write(`making ${path}\n`)
    const file = createWriteStream(`${path}.new`, { highWaterMark: 1 << 20 })
    await fill(async (data) => {
      if (!file.write(data)) await once(file, 'drain')
    })
    file.end()
    await once(file, 'finish')
    renameSync(`${path}.new`, path)
  }
  return { path, rows, bytes: statSync(path).size }
}
