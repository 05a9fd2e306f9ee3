/** Schedules: what is run when, once, by whom, and what is told of it. The clock is the test's own. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { requireOwner } from '../../src/access/index.ts'
import { placeOrderWithin } from '../../src/actions/orders.ts'
import { createDataset, lockDataset } from '../../src/catalog/index.ts'
import { type Control, openControl } from '../../src/control/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { nextRuns } from '../../src/schedules/cron.ts'
import { type FireDeps, fireDue, type ScheduleEvent } from '../../src/schedules/fire.ts'
import { insertSchedule, listRuns, listSchedules } from '../../src/schedules/store.ts'
import { tempDirectory } from '../support/builder.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { managementPath } from '../support/http-client.ts'
import { createDatabase, type DatabaseName, forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'

const ids = createIds()
const hourMs = 3_600_000

/** Processes on one database, with a clock that all of them read, and a dataset. */
async function createWorld(t: TestContext, database: DatabaseName, processes: number) {
  const sqlitePath = join(tempDirectory(t), 'control.sqlite')
  const databaseUrl = database === 'postgres' ? await createDatabase() : null
  // A data directory belongs to one process: on SQLite all share its connection.
  const first = await openControl({ databaseUrl, sqlitePath })
  const controls = [first]
  for (let n = 1; n < processes; n++)
    controls.push(databaseUrl === null ? first : await openControl({ databaseUrl, sqlitePath }))
  t.after(() => Promise.all([...new Set(controls)].map((control) => control.close())))
  const { db } = first
  let now = Date.parse('2031-05-01T00:00:00Z')
  const clock = { now: () => now }
  await db
    .insertInto('users')
    .values({
      username: 'ada',
      password_hash: 'x',
      email: null,
      permissions_json: JSON.stringify(['edit_dataset', 'publish_dataset']),
      is_active: 1,
      created_at: 0,
    })
    .execute()
  const { dataset_uid: uid } = await createDataset(
    { db, clock, ids },
    { datasetId: 'visits', metas: {}, owner: 'ada', isStrict: false },
  )
  const target = { kind: 'dataset', uid } as const
  const events: ScheduleEvent[] = []
  const depsOf = (control: Control): FireDeps => ({
    control,
    clock,
    runners: {
      dataset: {
        lock: async (trx, datasetUid) => (await lockDataset(trx, datasetUid)) !== null,
        async order(trx, { username }) {
          await requireOwner(trx, { username, permission: 'PUBLISH', now: clock.now() }, uid)
          return placeOrderWithin(trx, { clock, ids }, { action: 'publish', datasetUid: uid, username })
        },
      },
      harvester: { lock: async () => false, order: () => Promise.reject(new Error('none')) },
    },
    onEvent: (event) => events.push(event),
  })
  return {
    db,
    target,
    events,
    clock,
    setTime: (text: string) => {
      now = Date.parse(text)
    },
    advance: (ms: number) => {
      now += ms
    },
    async add(cron: string, timezone: string) {
      const scheduleUid = ids.uid('sc')
      const dueAt = nextRuns({ cron, timezone }, now, 1)[0]!
      const schedule = {
        scheduleUid,
        target,
        cron,
        timezone,
        username: 'ada',
        createdAt: now,
        dueAt,
        lastRun: null,
      }
      await db.transaction().execute((trx) => insertSchedule(trx, schedule))
      return scheduleUid
    },
    /** All processes look at once. */
    fire: () => Promise.all(controls.map((control) => fireDue(depsOf(control)))),
    runs: (scheduleUid: string) => listRuns(db, scheduleUid, { limit: 100, offset: 0 }),
    async jobs(): Promise<number> {
      return (await db.selectFrom('jobs').select('job_uid').execute()).length
    },
    /** As if the ordered publish had ended. */
    async rest() {
      await db.updateTable('datasets').set({ status: 'idle', active_job_uid: null }).execute()
      await db.updateTable('jobs').set({ state: 'done' }).execute()
    },
  }
}

forEachDatabase((database, options) => {
  test(`a run is fired once, however many processes see it pass (${database})`, options, async (t) => {
    const world = await createWorld(t, database, 4)
    const scheduleUid = await world.add('0 * * * *', 'UTC')
    await world.fire()
    assert.equal(await world.jobs(), 0, 'nothing is due yet')
    for (let round = 1; round <= 5; round++) {
      world.advance(hourMs)
      await world.fire()
      const runs = await world.runs(scheduleUid)
      assert.deepEqual([await world.jobs(), runs.length], [round, round])
      assert.ok(runs.every(({ outcome, missedCount }) => outcome === 'ordered' && missedCount === 0))
      const job = await world.db
        .selectFrom('jobs')
        .selectAll()
        .orderBy('seq', 'desc')
        .executeTakeFirstOrThrow()
      assert.deepEqual(
        [job.function, job.subject, job.username, job.job_uid],
        ['publish', world.target.uid, 'ada', runs[0]!.jobUid],
      )
      await world.rest()
    }
    assert.equal(world.events.length, 5)
  })

  test(
    `what was missed is run once, and a dataset at work is left alone, visibly (${database})`,
    options,
    async (t) => {
      const world = await createWorld(t, database, 2)
      const scheduleUid = await world.add('30 4 * * *', 'Europe/Paris')
      world.setTime('2031-05-08T12:00:00Z')
      await world.fire()
      const [missed, ...none] = await world.runs(scheduleUid)
      assert.deepEqual(none, [])
      assert.equal(new Date(missed!.dueAt).toISOString(), '2031-05-01T02:30:00.000Z')
      assert.deepEqual([missed!.outcome, missed!.missedCount, missed!.jobState], ['ordered', 7, 'waiting'])

      world.setTime('2031-05-09T02:30:00Z')
      await world.fire()
      const [skipped] = await world.runs(scheduleUid)
      assert.deepEqual(
        [skipped!.outcome, skipped!.jobUid, skipped!.reason!.key, skipped!.reason!.params.status],
        ['skipped', null, 'actions.invalid_status', 'queued'],
      )
      assert.equal(await world.jobs(), 1)
      assert.deepEqual(
        world.events.map(({ kind }) => kind),
        ['schedule_fired', 'schedule_skipped'],
      )

      await world.rest()
      await world.db.updateTable('users').set({ permissions_json: '["edit_dataset"]' }).execute()
      world.setTime('2031-05-10T02:30:00Z')
      await world.fire()
      assert.equal((await world.runs(scheduleUid))[0]!.reason!.key, 'access.owner_may_not')
      const [listed] = await listSchedules(world.db, world.target)
      assert.equal(new Date(listed!.dueAt).toISOString(), '2031-05-11T02:30:00.000Z')

      await world.db.deleteFrom('datasets').execute()
      world.setTime('2031-05-12T02:30:00Z')
      await world.fire()
      assert.deepEqual(await listSchedules(world.db, null), [], 'they went with the dataset')
      assert.equal(await world.jobs(), 1)
    },
  )
})

test('through both changes of clocks each day is run once', async (t) => {
  const world = await createWorld(t, 'sqlite', 1)
  const fired: string[] = []
  for (const [start, hours] of [
    ['2027-03-26T12:00:00Z', 96],
    ['2027-10-29T12:00:00Z', 96],
  ] as const) {
    world.setTime(start)
    await world.db.deleteFrom('schedules').execute()
    const scheduleUid = await world.add('30 2 * * *', 'Europe/Paris')
    for (let half = 0; half < 2 * hours; half++) {
      world.advance(hourMs / 2)
      await world.fire()
      await world.rest()
    }
    const runs = await world.runs(scheduleUid)
    assert.ok(runs.every(({ missedCount, dueAt, firedAt }) => missedCount === 0 && dueAt === firedAt))
    fired.push(...runs.map(({ dueAt }) => new Date(dueAt).toISOString().slice(0, 16)).reverse())
  }
  assert.deepEqual(fired, [
    '2027-03-27T01:30',
    '2027-03-28T01:00',
    '2027-03-29T00:30',
    '2027-03-30T00:30',
    '2027-10-30T00:30',
    '2027-10-31T00:30',
    '2027-11-01T01:30',
    '2027-11-02T01:30',
  ])
})

test('a clock that is set back runs nothing again', async (t) => {
  const world = await createWorld(t, 'sqlite', 1)
  const scheduleUid = await world.add('0 * * * *', 'UTC')
  world.advance(hourMs)
  await world.fire()
  await world.rest()
  world.advance(-3 * hourMs)
  for (let n = 0; n < 3; n++) {
    world.advance(hourMs)
    await world.fire()
  }
  assert.equal((await world.runs(scheduleUid)).length, 1)
})

test('over HTTP, and over a restart', async (t) => {
  const server = await startServer(t, { database: 'sqlite' })
  const content = visitsCsv(10)
  const { datasetUid } = await server.publishFile('visits', { filename: 'visits.csv', content })
  const all = `${managementPath}/datasets/${datasetUid}/schedules/`
  const made = await server.expect(201, 'POST', all, { body: { cron_schedule: '30 4 * * 1' } })
  const { schedule_uid: scheduleUid } = made.json
  const one = `${all}${scheduleUid}/`
  assert.match(scheduleUid, /^sc_[a-z0-9]{6}$/)
  assert.deepEqual(
    [made.json.timezone, made.json.last_run, made.json.user],
    ['Europe/Paris', null, { username: 'admin' }],
  )
  assert.equal(made.json.next_runs.length, 5)
  assert.ok(made.json.next_runs.every((run: string) => new Date(run).getUTCDay() === 1))
  assert.deepEqual((await server.expect(200, 'GET', all)).json, [made.json])

  for (const [status, key, body] of [
    [400, 'InvalidCronScheduleException', { cron_schedule: 'every monday' }],
    [400, 'InvalidCronScheduleException', { cron_schedule: '0 0 31 2 *' }],
    [400, 'InvalidTimezoneException', { cron_schedule: '0 0 * * *', timezone: 'Mars/Olympus' }],
    [400, 'ScheduleTooOftenException', { cron_schedule: '* * * * *' }],
    [409, 'DuplicateScheduleException', { cron_schedule: ' 30 4  * * 1' }],
    [400, 'InvalidParameterException', { cron_schedule: [], timezone: {} }],
  ] as const) {
    const { json } = await server.expect(status, 'POST', all, { body })
    assert.equal(json.error_key, key, JSON.stringify(body))
  }
  const changed = await server.expect(200, 'PUT', one, { body: { timezone: 'UTC' } })
  assert.deepEqual([changed.json.cron_schedule, changed.json.timezone], ['30 4 * * 1', 'UTC'])
  const unset = await server.expect(200, 'PUT', one, { body: { timezone: null } })
  assert.equal(unset.json.timezone, made.json.timezone, 'null is the default again')
  assert.match(changed.json.next_runs[0], /T04:30:00\+00:00$/)
  const domain = `${managementPath}/domain`
  assert.equal((await server.expect(200, 'GET', domain)).json.timezone, made.json.timezone)
  await server.expect(200, 'PUT', domain, { body: { timezone: 'Asia/Tokyo' } })
  const ofDomain = await server.expect(200, 'PUT', one, { body: { timezone: null } })
  assert.match(ofDomain.json.next_runs[0], /T19:30:00\+00:00$/)
  await server.expect(200, 'PUT', domain, { body: { timezone: null } })
  assert.equal((await server.expect(200, 'GET', one)).json.timezone, 'Asia/Tokyo', 'it stays as it was made')
  const second = await server.expect(201, 'POST', all, {
    body: { cron_schedule: '0 6,18 * * *', timezone: 'UTC' },
  })
  await server.expect(204, 'DELETE', `${all}${second.json.schedule_uid}`)
  await server.expect(404, 'GET', `${all}${second.json.schedule_uid}`)
  await server.expect(404, 'PUT', `${all}sc_nobody`, { body: {} })
  const reader = { apikey: await server.createApiKey(['explore_restricted_dataset']) }
  await server.expect(403, 'GET', all, { auth: reader })
  await server.expect(401, 'GET', all, { auth: 'none' })

  const { json: changes } = await server.expect(
    200,
    'GET',
    `${managementPath}/datasets/${datasetUid}/changes`,
  )
  const [removed] = changes
  assert.deepEqual(removed.sections, ['schedules'])
  assert.deepEqual(removed.diff.schedules[0].old_value, { cron_schedule: '0 6,18 * * *', timezone: 'UTC' })

  // Five weeks without a server.
  await server.stop()
  const control = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  control.exec(`update schedules set due_at = due_at - ${5 * 7 * 24} * 3600000`)
  control.close()
  const again = await server.startAgain()
  let run = null
  while (run === null) run = (await again.expect(200, 'GET', one)).json.last_run
  assert.deepEqual([run.outcome, run.missed_runs], ['ordered', 4])
  const job = await again.jobDone(run.job_id)
  assert.equal(job.result.records_count, 10)
  const [listed] = (await again.expect(200, 'GET', `${managementPath}/schedules`)).json
  assert.deepEqual(
    [listed.schedule_uid, listed.dataset_id, listed.last_run.state],
    [scheduleUid, 'visits', 'done'],
  )
  const { json: runs } = await again.expect(200, 'GET', `${one}runs`)
  assert.deepEqual(runs, [listed.last_run])
  await again.expect(204, 'DELETE', `${managementPath}/datasets/${datasetUid}`)
  assert.deepEqual((await again.expect(200, 'GET', `${managementPath}/schedules`)).json, [])
})
