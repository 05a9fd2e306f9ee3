/**
 * kill -9 at random instants while readers read: every answer is exactly one known publication, what was acknowledged as
 * published stays so, and the job that ran ends. A handful of kills in `npm test`, as many as fit in the soak.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createEditions, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import { assertNoLeftovers, endedJobs } from '../support/invariants.ts'
import { watchEditions } from '../support/readers.ts'
import { createChance, isSoak, soakEndsAt } from '../support/seed.ts'
import { startServer, type TestServer } from '../support/server.ts'

const kills = isSoak ? 500 : 2
/** A small publish takes a second or two. */
const killWithinMs = 2000

test('random kills under readers: each answer is one known publication, and the next start finishes the work', async (t) => {
  const chance = createChance(t)
  const source = await serveEditions()
  t.after(() => source.close())
  let server = await startServer(t, {
    env: { ...sourceEnv, BROADSHEET_RETENTION_HOURS: '0', BROADSHEET_INDEX_LATER_MB: '4' },
  })
  const dataset = await createEditions(server, source, 'watched')
  let offered = 1
  let acknowledged = 1
  source.set('watched', offered)
  await server.jobDone(await server.publish(dataset.datasetUid))

  let killed: { server: TestServer; successor: Promise<TestServer> } | null = null
  const watch = watchEditions({
    datasetId: 'watched',
    readers: 2,
    server: () => server,
    successor: (old) => (killed?.server === old ? killed.successor : null),
    oldest: () => acknowledged,
    newest: () => offered,
  })

  let done = 0
  for (; done < kills && (!isSoak || performance.now() < soakEndsAt); done++) {
    const publishing = publishOn(server)
    await delay(chance.below(killWithinMs))
    const old = server
    const { promise, resolve } = Promise.withResolvers<TestServer>()
    killed = { server: old, successor: promise }
    await old.kill()
    await publishing
    server = await old.startAgain()
    resolve(server)
    const seen = await readEdition(server, 'watched')
    assert.ok(seen !== null && seen >= acknowledged, `edition ${acknowledged} was published, ${seen} is seen`)
    const [last] = await endedJobs(server, dataset)
    assert.equal(last?.state, 'done', JSON.stringify(last))
    const visible = await readEdition(server, 'watched')
    assert.ok(visible !== null && visible >= seen && visible <= offered)
    acknowledged = visible
  }
  // What came of it is orderly enough for the next publish.
  source.set('watched', ++offered)
  await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(await readEdition(server, 'watched'), offered)
  await watch.stop()
  await assertNoLeftovers(server)
  t.diagnostic(`${done} kills, ${watch.answers} answers of readers`)

  /** Publishes one edition after another until the server is gone. */
  async function publishOn(current: TestServer): Promise<void> {
    try {
      for (;;) {
        source.set('watched', ++offered)
        const job = await current.waitForJob(await current.publish(dataset.datasetUid))
        if (job.state !== 'done') return
        acknowledged = offered
      }
    } catch (error) {
      // Nothing but the connection may have broken.
      if (!(error instanceof TypeError)) throw error
    }
  }
})
