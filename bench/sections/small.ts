/** Small files, and the actions that must not depend on size. */
import { setTimeout as delay } from 'node:timers/promises'
import { type CreatedDataset, managementPath } from '../../test/support/http-client.ts'
import type { TestServer } from '../../test/support/server.ts'
import { cityInput, type Input, littleInput, tinyInput } from '../inputs/inputs.ts'
import { atMost, type Finding, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, recordsPath, uploadInput, withServer } from '../server.ts'
import { median, quantile } from '../stats.ts'

const tries = 7

export async function smallSection({ scale }: SectionOptions): Promise<Finding[]> {
  return withServer(async (server) => {
    const findings: Finding[] = []
    const big = await cityInput(scale)
    const sizes: { name: string; input: Input; visibleWithinMs: number | null }[] = [
      { name: '100 KB', input: await tinyInput(), visibleWithinMs: 300 },
      { name: '1 MB', input: await littleInput(), visibleWithinMs: 1000 },
      { name: `${tidy(big.bytes / 1e6)} MB`, input: big, visibleWithinMs: null },
    ]
    const datasets: CreatedDataset[] = []
    for (const { name, input, visibleWithinMs } of sizes) {
      const url = await uploadInput(server, input)
      if (visibleWithinMs !== null) {
        const times = await visibleTimes(server, name, url)
        findings.push({
          section: 'small',
          name: `${name}: call to visible (worst of ${tries}: ${tidy(Math.max(...times))} ms)`,
          ...atMost(visibleWithinMs, median(times), 'ms'),
        })
      }
      const dataset = await createFrom(server, `steady-${input.rows}`, url)
      await publishOnce(server, dataset, input.rows)
      datasets.push(dataset)
    }
    for (const [action, times] of await actionTimes(server, datasets)) {
      const medians = times.map(median)
      for (const [index, { name }] of sizes.entries()) {
        findings.push({
          section: 'small',
          name: `${name}: ${action} (90 %: ${tidy(quantile(times[index]!, 0.9))} ms)`,
          ...atMost(50, medians[index]!, 'ms'),
        })
      }
      const [least, , most] = medians
      findings.push({
        section: 'small',
        name: `${action}: ${sizes[2]!.name} against ${sizes[0]!.name}`,
        goal: 'flat: at most 1.25 times + 5 ms',
        measured: `${tidy(most!)} ms against ${tidy(least!)} ms`,
        isMet: most! <= 1.25 * least! + 5,
      })
    }
    return findings
  })
}

/** From the order to the first answer of the search API that has the records. */
async function visibleTimes(server: TestServer, name: string, url: string): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < tries; round++) {
    const datasetId = `visible-${name.replaceAll(' ', '-').toLowerCase()}-${round}`
    const dataset = await createFrom(server, datasetId, url)
    // A user does not publish ten times a second: what the server prepares ahead of a publish gets its time.
    await delay(2500)
    const startedAt = performance.now()
    const jobId = await server.publish(dataset.datasetUid)
    while ((await server.request('GET', `${recordsPath(datasetId)}?limit=1`)).status !== 200) await delay(10)
    times.push(performance.now() - startedAt)
    await server.jobDone(jobId)
  }
  return times
}

/** From the call to the end of the job: by action, then by dataset. The datasets take turns, so that noise falls on all. */
async function actionTimes(
  server: TestServer,
  datasets: readonly CreatedDataset[],
): Promise<Map<string, number[][]>> {
  const times = new Map<string, number[][]>()
  async function measure(index: number, action: string, path: string) {
    const startedAt = performance.now()
    const job = await server.jobDone(await server.order('PUT', path), { pollMs: 2 })
    const lists = times.get(action) ?? datasets.map(() => [])
    lists[index]!.push(performance.now() - startedAt)
    times.set(action, lists)
    return job
  }
  for (let round = 0; round < tries; round++) {
    for (const [index, dataset] of datasets.entries()) {
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      await measure(index, 'republish unchanged', `${base}/publish`)
      const saved = await measure(index, 'save_version', `${base}/save_version`)
      await measure(index, 'unpublish', `${base}/unpublish`)
      await measure(index, 'restore', `${base}/versions/${saved.result.version_uid}/restore`)
    }
  }
  return times
}
