/** Many small datasets published in one go: until the last is there, what it takes, and how long a reader waits meanwhile. */
import { setTimeout as delay } from 'node:timers/promises'
import { childrenOf, memoryOf } from '../../test/support/processes.ts'
import type { TestServer } from '../../test/support/server.ts'
import { tinyInput } from '../inputs/inputs.ts'
import { type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import {
  createFrom,
  processorSecondsOfAll,
  publishOnce,
  recordsPath,
  uploadInput,
  withServer,
} from '../server.ts'
import { median, quantile } from '../stats.ts'

const section = 'many'
const datasets = { full: 1_000, small: 50 } as const
const callers = 8
/** A reader who reads what comes, and is no load by himself. */
const readEveryMs = 100

export async function manySection({ scale }: SectionOptions): Promise<Finding[]> {
  const input = await tinyInput()
  const count = datasets[scale]
  return withServer(async (server) => {
    const url = await uploadInput(server, input)
    const read = await createFrom(server, 'read', url)
    await publishOnce(server, read, input.rows)
    const alone = await waitsOf(server, delay(3_000))

    say(`many: creating ${count} datasets`)
    const uids: string[] = []
    await inTurns(count, async (n) => {
      uids.push((await createFrom(server, `small-${n}`, url)).datasetUid)
    })
    say(`many: publishing ${count} datasets`)
    const usedBefore = processorSecondsOfAll(server)
    const startedAt = performance.now()
    let builderMb = 0
    const watching = setInterval(() => {
      for (const pid of childrenOf(server.pid)) builderMb = Math.max(builderMb, memoryOf(pid)?.peakMb ?? 0)
    }, 100)
    const jobs: string[] = []
    const published = (async () => {
      await inTurns(count, async (n) => {
        jobs.push(await server.publish(uids[n]!))
      })
      for (const job of jobs) await server.jobDone(job, { timeoutMs: 3_600_000 })
    })()
    const meanwhile = await waitsOf(server, published)
    const seconds = (performance.now() - startedAt) / 1000
    clearInterval(watching)
    const used = processorSecondsOfAll(server) - usedBefore
    const size = `${tidy(count)} datasets of ${input.rows} records, ${tidy(input.bytes / 1000)} KB`
    const found = (name: string, measured: string): Finding => ({
      section,
      name,
      goal: '',
      measured,
      isMet: null,
    })
    return [
      found(
        `${size}: published in one go`,
        `${tidy(seconds)} s, ${tidy(count / seconds)} a second, ${tidy((1000 * used) / count)} ms of a processor each`,
      ),
      found(
        `${size}: peak memory`,
        `server ${tidy(memoryOf(server.pid)?.peakMb ?? 0)} MB, builder ${tidy(builderMb)} MB`,
      ),
      found(
        'a reader of another dataset, alone -> meanwhile',
        `p50 ${tidy(median(alone))} -> ${tidy(median(meanwhile))} ms, p99 ${tidy(quantile(alone, 0.99))} -> ${tidy(quantile(meanwhile, 0.99))} ms`,
      ),
    ]
  })
}

async function inTurns(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

/** Milliseconds of pages, as long as something else goes on. */
async function waitsOf(server: TestServer, other: Promise<unknown>): Promise<number[]> {
  let isOver = false
  const over = other.finally(() => {
    isOver = true
  })
  const waits: number[] = []
  while (!isOver) {
    const startedAt = performance.now()
    await server.expect(200, 'GET', `${recordsPath('read')}?limit=20`)
    waits.push(performance.now() - startedAt)
    await delay(readEveryMs)
  }
  await over
  return waits
}
