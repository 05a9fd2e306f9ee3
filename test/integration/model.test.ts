/**
 * Random sequences of actions, edits, reads and restarts on the real server, against a model of a dataset. A failure
 * shows the shortest sequence that still fails; BROADSHEET_TEST_SEED repeats a run.
 *
 * Most sequences run on a server within the test's process, where a command takes a twentieth of a second; some on a
 * process that is killed, too.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type DatasetModel, type DatasetUnderTest, datasetCommands } from '../support/dataset-model.ts'
import { createEditions, datasetPath, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import { startInProcess } from '../support/in-process.ts'
import { assertNoLeftovers } from '../support/invariants.ts'
import { forEachDatabase, postgresSkipped } from '../support/postgres.ts'
import { isSoak, seed, soakEndsAt } from '../support/seed.ts'
import { startServer, type TestServer } from '../support/server.ts'

const sequences = isSoak ? 10_000 : 200
const sequencesWithKills = isSoak ? 2_000 : 2
/** Commands of a sequence. Of many short ones most begin in a state of their own; the long ones are the soak's. */
const longest = isSoak ? 25 : 12
/** In the soak every way has the same time. */
const eachMs = (soakEndsAt - performance.now()) / (postgresSkipped ? 2 : 3)

interface Run {
  start(): Promise<TestServer>
  readonly kills: boolean
  readonly sequences: number
}

async function runSequences(t: TestContext, { start, kills, sequences }: Run): Promise<void> {
  t.diagnostic(`BROADSHEET_TEST_SEED=${seed}`)
  const source = await serveEditions()
  t.after(() => source.close())
  let server = await start()
  const counts = { commands: 0 }
  let datasets = 0

  async function restart(how: 'stop' | 'kill'): Promise<void> {
    await server[how]()
    server = await server.startAgain()
  }

  async function runSequence(
    commands: Iterable<fc.AsyncCommand<DatasetModel, DatasetUnderTest>>,
  ): Promise<void> {
    // After a failed restart, so that the shorter sequences tried next have a server to fail on.
    await server.request('GET', '/healthz').catch(async () => {
      await server[kills ? 'kill' : 'stop']()
      server = await server.startAgain()
    })
    const datasetId = `modelled-${datasets++}`
    const dataset = await createEditions(server, source, datasetId)
    const model: DatasetModel = {
      offered: 1,
      title: datasetId,
      visible: null,
      withdrawn: null,
      status: 'idle',
      versions: [],
    }
    const real: DatasetUnderTest = { server: () => server, restart, source, dataset, counts }
    await fc.asyncModelRun(() => ({ model, real }), commands)
    await server.expect(204, 'DELETE', datasetPath(dataset))
    assert.equal(await readEdition(server, datasetId), null)
  }

  let running: Promise<void> = Promise.resolve()
  const sequence = fc.asyncProperty(datasetCommands({ kills, longest: kills ? 25 : longest }), (commands) => {
    running = runSequence(commands)
    return running
  })
  await fc.assert(sequence, {
    seed,
    numRuns: sequences,
    ...(isSoak ? { interruptAfterTimeLimit: eachMs, markInterruptAsFailure: false } : {}),
  })
  // The end of a soak does not wait for the sequence that is under way.
  await running
  t.diagnostic(`${datasets} sequences, ${counts.commands} commands`)
  // The last sweep may still be at work; a start finds nothing to do but its own.
  await restart('stop')
  await assertNoLeftovers(server)
}

test('random sequences of actions do what a model of a dataset does', (t) =>
  runSequences(t, { start: () => startInProcess(t, sourceEnv), kills: false, sequences }))

forEachDatabase(
  (database, options) => {
    const skip = options.skip || (database === 'postgres' && !isSoak && 'on PostgreSQL: npm run test:soak')
    test(`so do sequences on a server that is killed, too (${database})`, { skip }, (t) =>
      runSequences(t, {
        start: () => startServer(t, { database, env: sourceEnv }),
        kills: true,
        sequences: sequencesWithKills,
      }),
    )
  },
  { isLong: true },
)
