import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../kernel/index.ts'
import { countRuns, nextRuns, readCron } from './cron.ts'

const paris = 'Europe/Paris'
const at = (text: string) => Date.parse(text)
const runs = (cron: string, timezone: string, after: string, count: number) =>
  nextRuns({ cron, timezone }, at(after), count).map((ms) => new Date(ms).toISOString().slice(0, 16))

test('a schedule runs at the wall clock of its zone, in summer and in winter', () => {
  assert.deepEqual(runs('30 4 * * 1', paris, '2031-01-01T00:00:00Z', 1), ['2031-01-06T03:30'])
  assert.deepEqual(runs('30 4 * * 1', paris, '2031-07-01T00:00:00Z', 1), ['2031-07-07T02:30'])
  assert.deepEqual(runs('30 4 * * 1', 'UTC', '2031-07-01T00:00:00Z', 1), ['2031-07-07T04:30'])
})

test('a time that clocks leave out comes at the end of the gap, once', () => {
  // 2027-03-28 02:00 to 03:00 does not exist in Paris.
  assert.deepEqual(runs('30 2 * * *', paris, '2027-03-27T00:00:00Z', 3), [
    '2027-03-27T01:30',
    '2027-03-28T01:00',
    '2027-03-29T00:30',
  ])
  assert.deepEqual(runs('0 2-3 * * *', paris, '2027-03-27T23:00:00Z', 2), [
    '2027-03-28T01:00',
    '2027-03-29T00:00',
  ])
})

test('a time that comes twice is run once', () => {
  // 2027-10-31 02:00 to 03:00 comes twice in Paris.
  assert.deepEqual(runs('30 2 * * *', paris, '2027-10-30T12:00:00Z', 2), [
    '2027-10-31T00:30',
    '2027-11-01T01:30',
  ])
})

test('what runs every half hour goes on through a change of clocks', () => {
  for (const start of ['2027-03-27T23:45:00Z', '2027-10-30T23:45:00Z']) {
    const found = nextRuns({ cron: '*/30 * * * *', timezone: paris }, at(start), 8)
    assert.deepEqual(
      found,
      Array.from({ length: 8 }, (_, n) => at(start) + 15 * 60_000 + n * 30 * 60_000),
    )
  }
})

test('runs that were missed are counted by the clock of the zone', () => {
  const daily = { cron: '30 2 * * *', timezone: paris }
  const first = at('2027-03-27T01:30:00Z')
  assert.equal(countRuns(daily, first, first), 0)
  assert.equal(countRuns(daily, first, at('2027-03-28T00:59:59Z')), 0)
  assert.equal(countRuns(daily, first, at('2027-03-28T01:00:00Z')), 1)
  assert.equal(countRuns(daily, first, at('2027-04-03T12:00:00Z')), 7)
  assert.equal(countRuns({ cron: '* * * * *', timezone: 'UTC' }, 0, at('2031-01-01T00:00:00Z')), 1000)
})

test('nonsense is refused by name', () => {
  const key = (cron: string, timezone = 'UTC', min = 1) => {
    try {
      return readCron({ cron, timezone }, min, at('2031-01-01T00:00:00Z'))
    } catch (error) {
      assert.ok(error instanceof AppError)
      return error.key
    }
  }
  for (const nonsense of [
    '',
    'every day',
    '@daily',
    '* * * *',
    '* * * * * *',
    '2031-11-01T00:00:00',
    '61 * * * *',
    '* 24 * * *',
    '*/0 * * * *',
    '0 0 30 2 *',
    '5-1 * * * *',
    'a b c d e',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 8',
    '-1 * * * *',
    '\u0000 * * * *',
    '1e9 * * * *',
    `${'1,'.repeat(5000)}1 * * * *`,
    '__proto__ * * * *',
  ]) {
    assert.equal(key(nonsense), 'schedules.invalid_cron', nonsense.slice(0, 40))
  }
  assert.equal(key('0 0 * * *', 'Mars/Olympus'), 'schedules.invalid_timezone')
  assert.equal(key('0 0 * * *', ''), 'schedules.invalid_timezone')
  assert.deepEqual(key('  0   6,18 * *  mon-fri '), { cron: '0 6,18 * * mon-fri', timezone: 'UTC' })
  assert.deepEqual(key('0 0 29 2 *'), { cron: '0 0 29 2 *', timezone: 'UTC' })
})

test('two runs of a schedule do not lie closer than the server lets them', () => {
  const minutesOf = (cron: string, min: number) => {
    try {
      readCron({ cron, timezone: paris }, min, at('2031-01-01T00:00:00Z'))
      return null
    } catch (error) {
      assert.ok(error instanceof AppError && error.key === 'schedules.too_often')
      return error.params.minutes
    }
  }
  assert.equal(minutesOf('*/7 * * * *', 5), 4, 'from minute 56 to the next hour')
  assert.equal(minutesOf('*/10 * * * *', 5), null)
  assert.equal(minutesOf('0,59 0,23 1,31 1,12 *', 5), 1, 'over the end of the year')
  // The day on which clocks are put forward has 23 hours.
  assert.equal(minutesOf('30 2 * * *', 24 * 60), null)
  assert.equal(minutesOf('30 2,14 * * *', 24 * 60), 720)
})
