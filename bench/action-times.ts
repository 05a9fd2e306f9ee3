/** Actions whose time must not depend on the size of the dataset. */
import { type CreatedDataset, managementPath } from '../test/support/http-client.ts'
import type { TestServer } from '../test/support/server.ts'
import { type Finding, tidy } from './report.ts'
import { median } from './stats.ts'

/**
 * Milliseconds from the call to the end of the job: by action, then by dataset, `rounds` of each. The datasets take
 * turns, so that noise falls on all.
 */
export async function actionTimes(
  server: TestServer,
  datasets: readonly CreatedDataset[],
  rounds: number,
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
  for (let round = 0; round < rounds; round++) {
    for (const [index, { datasetUid }] of datasets.entries()) {
      const base = `${managementPath}/datasets/${datasetUid}`
      await measure(index, 'republish unchanged', `${base}/publish`)
      const saved = await measure(index, 'save_version', `${base}/save_version`)
      await measure(index, 'unpublish', `${base}/unpublish`)
      await measure(index, 'undo_unpublish', `${base}/undo_unpublish`)
      await measure(index, 'unpublish', `${base}/unpublish`)
      await measure(index, 'restore', `${base}/versions/${saved.result.version_uid}/restore`)
    }
  }
  return times
}

/** Whether the median of the slowest dataset is that of the first one, which is the smallest. */
export function flatness(
  lists: readonly (readonly number[])[],
): Pick<Finding, 'goal' | 'measured' | 'isMet'> {
  const medians = lists.map(median)
  const least = medians[0]!
  const most = Math.max(...medians)
  return {
    goal: 'flat: at most 1.25 times + 5 ms',
    measured: `${tidy(most)} ms against ${tidy(least)} ms`,
    isMet: most <= 1.25 * least + 5,
  }
}
