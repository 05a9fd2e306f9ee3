/** How many records a list of datasets says there are, where the time decides who sees them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/kernel/index.ts'
import { explorePath } from '../support/http-client.ts'
import { startInProcess } from '../support/in-process.ts'
import { setRules } from '../support/rulesets.ts'

const minuteMs = 60_000

test('numbers in lists of datasets follow a filter with now() within a minute', async (t) => {
  let ahead = 0
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const server = await startInProcess(t, {}, clock)
  const soon = new Date(clock.now() + 10 * minuteMs).toISOString()
  const content = `name,day\nbefore,2001-01-01T00:00:00Z\nsoon,${soon}\n`
  const { datasetUid } = await server.publishFile('embargo', {
    filename: 'embargo.csv',
    content,
    extractor: 'csvfile',
  })
  await setRules(server, datasetUid, { filter_query: 'day <= now()' })
  const listed = async () => {
    const { json } = await server.expect(200, 'GET', explorePath)
    return json.results[0].metas.default.records_count
  }
  const seen = async () =>
    (await server.expect(200, 'GET', `${explorePath}/embargo/records`)).json.total_count

  assert.deepEqual([await listed(), await seen()], [1, 1])
  ahead = 11 * minuteMs
  assert.deepEqual([await listed(), await seen()], [2, 2])
})
