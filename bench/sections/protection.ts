/** A reader of pages beside somebody who wants the server for himself; what is left when he goes. */
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Pool } from 'undici'
import { memoryOf } from '../../test/support/processes.ts'
import type { TestServer } from '../../test/support/server.ts'
import { attacks } from '../attacks/attacks.ts'
import { cityInput } from '../inputs/inputs.ts'
import { atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, recordsPath, uploadInput, withServer } from '../server.ts'
import { quantile } from '../stats.ts'

const section = 'protection'
/** Pages read alone and under attack; some seconds each. */
const pages = { full: 600, small: 200 } as const
/** A reader looks at what it has got. */
const pauseMs = 10
/** What an attack needs to be in full swing. */
const warmUpMs = 3000
const freedWithinMs = 30_000

export async function protectionSection({ scale }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  return withServer(async (server) => {
    const dataset = await createFrom(server, 'city', await uploadInput(server, input))
    await publishOnce(server, dataset, input.rows)
    const reader = new Pool(server.url, { connections: 1 })
    const findings: Finding[] = []
    try {
      await readPages(reader, pages[scale])
      for (const [index, { name }] of attacks.entries()) {
        say(`protection: ${name}`)
        const found = await underAttack(server, reader, index, pages[scale])
        for (const { measured } of found) say(`  ${measured}`)
        findings.push(...found)
      }
      const peakMb = memoryOf(server.pid)?.peakMb ?? Number.NaN
      findings.push({ section, name: 'peak memory of the server', ...atMost(1000, peakMb, 'MB') })
    } finally {
      await reader.close()
    }
    return findings
  })
}

async function underAttack(
  server: TestServer,
  reader: Pool,
  index: number,
  count: number,
): Promise<Finding[]> {
  const { name } = attacks[index]!
  const alone = await readPages(reader, count)
  const path = recordsPath('city').replace(/\/records$/, '')
  const worker = new Worker(new URL('../attacks/worker.ts', import.meta.url), {
    workerData: { url: server.url, path, index },
  })
  const outcomes = new Promise<Record<string, number>>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await delay(warmUpMs)
  const attacked = await readPages(reader, count)
  worker.postMessage('stop')
  const counted = await outcomes
  const freedMs = await untilFree(server)
  await worker.terminate()

  const p50 = [quantile(alone.times, 0.5), quantile(attacked.times, 0.5)] as const
  const p99 = [quantile(alone.times, 0.99), quantile(attacked.times, 0.99)] as const
  const { failed } = attacked
  const isQuick = ([before, during]: readonly [number, number]) => during <= 2 * before + 5
  const show = ([before, during]: readonly [number, number]) => `${tidy(before)} -> ${tidy(during)} ms`
  const came = Object.entries(counted).map(([outcome, times]) => `${outcome}: ${times}`)
  return [
    {
      section,
      name: `${name}: another client's page of 20, alone -> meanwhile`,
      goal: 'at most 2 times + 5 ms, none fails',
      measured: `p50 ${show(p50)}, p99 ${show(p99)}, ${failed} failed (attacker ${came.join(', ') || 'got nothing'})`,
      isMet: isQuick(p50) && isQuick(p99) && failed === 0,
    },
    {
      section,
      name: `${name}: until nothing of it is left`,
      goal: `within ${freedWithinMs / 1000} s`,
      measured: freedMs === null ? 'never' : `${tidy(freedMs / 1000)} s`,
      isMet: freedMs !== null,
    },
  ]
}

async function readPages(reader: Pool, count: number): Promise<{ times: number[]; failed: number }> {
  const times: number[] = []
  let failed = 0
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now()
    const answer = await reader.request({
      method: 'GET',
      path: `${recordsPath('city')}?limit=20&offset=${(n * 37) % 9000}`,
      headers: { 'X-Forwarded-For': '198.51.100.7' },
    })
    await answer.body.dump()
    if (answer.statusCode !== 200) failed++
    times.push(performance.now() - startedAt)
    await delay(pauseMs)
  }
  return { times, failed }
}

/** Milliseconds until nothing waits, runs or is open; null: never. */
async function untilFree(server: TestServer): Promise<number | null> {
  const startedAt = performance.now()
  for (;;) {
    const { text } = await server.expect(200, 'GET', '/metrics')
    const busy = /^broadsheet_(?:queue_(?:waiting|running)\{[^}]*\}|open_exports) [1-9]/m
    if (!busy.test(text)) return performance.now() - startedAt
    if (performance.now() - startedAt > freedWithinMs) return null
    await delay(20)
  }
}
