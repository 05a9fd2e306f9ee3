/** Small files, and the actions that must not depend on size. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CreatedDataset } from '../../test/support/http-client.ts'
import type { TestServer } from '../../test/support/server.ts'
import { actionTimes, flatness } from '../action-times.ts'
import { cityInput, type Input, littleInput, tinyInput } from '../inputs/inputs.ts'
import { atMost, type Finding, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, recordsPath, uploadInput, withServer } from '../server.ts'
import { median, quantile } from '../stats.ts'

const tries = 7
/** As users have it: a small dataset is shown before its index is made, and an unpublish can be undone. */
const asUsersHaveIt = { BROADSHEET_INDEX_LATER_MB: '4', BROADSHEET_RETENTION_HOURS: '1' }

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
    for (const [action, times] of await actionTimes(server, datasets, tries)) {
      const medians = times.map(median)
      for (const [index, { name }] of sizes.entries()) {
        findings.push({
          section: 'small',
          name: `${name}: ${action} (90 %: ${tidy(quantile(times[index]!, 0.9))} ms)`,
          ...atMost(50, medians[index]!, 'ms'),
        })
      }
      findings.push({
        section: 'small',
        name: `${action}: the slowest of ${sizes.map(({ name }) => name).join(', ')} against ${sizes[0]!.name}`,
        ...flatness(times),
      })
    }
    return findings
  }, asUsersHaveIt)
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
