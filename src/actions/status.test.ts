import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { statusDocumentation } from '../../scripts/status-docs.ts'
import { AppError } from '../kernel/index.ts'
import { isResting, nextStatus, statusEvents, statuses, statusesAccepting } from './status.ts'

// Management API section 3.4, with the dry runs and held publishes of ours, read as pairs: everything not listed must raise.
const documented: Record<string, string> = {
  'idle order': 'queued',
  'error order': 'queued',
  'limit_reached order': 'queued',
  'queued start_processing': 'processing',
  'queued start_dry_run': 'processing',
  'queued return': 'limit_reached',
  'queued start_deleting': 'deleting',
  'queued start_saving': 'saving_version',
  'queued cancel': 'limit_reached',
  'queued fail': 'error',
  'processing start_processing': 'processing',
  'processing start_dry_run': 'processing',
  'processing return': 'limit_reached',
  'processing abort': 'aborting_processing',
  'processing succeed': 'idle',
  'processing fail': 'error',
  'processing reach_limit': 'limit_reached',
  'deleting start_deleting': 'deleting',
  'deleting succeed': 'idle',
  'deleting fail': 'error',
  'aborting_processing start_processing': 'aborting_processing',
  'aborting_processing start_dry_run': 'aborting_processing',
  'aborting_processing return': 'limit_reached',
  'aborting_processing succeed': 'idle',
  'aborting_processing fail': 'error',
  'aborting_processing reach_limit': 'limit_reached',
  'saving_version start_saving': 'saving_version',
  'saving_version succeed': 'idle',
  'saving_version fail': 'error',
}

test('every pair of status and event is either documented or refused with both named', () => {
  for (const status of statuses) {
    for (const event of statusEvents) {
      const expected = documented[`${status} ${event}`]
      if (expected !== undefined) {
        assert.equal(nextStatus(status, event, 'limit_reached'), expected, `${status} ${event}`)
        continue
      }
      assert.throws(
        () => nextStatus(status, event),
        (error) =>
          error instanceof AppError &&
          error.key === 'actions.invalid_status' &&
          error.params.status === status,
        `${status} ${event}`,
      )
    }
  }
})

test('queued is entered from the resting statuses only, and they accept nothing else', () => {
  assert.deepEqual(statusesAccepting('order'), ['idle', 'error', 'limit_reached'])
  for (const status of statuses) {
    const accepted = statusEvents.filter((event) => statusesAccepting(event).includes(status))
    assert.equal(isResting(status), accepted.length === 1 && accepted[0] === 'order')
  }
})

test('only a running processing can be aborted', () => {
  assert.deepEqual(statusesAccepting('abort'), ['processing'])
})

test('docs/status-machine.md is drawn from the table', () => {
  assert.equal(
    readFileSync(new URL('../../docs/status-machine.md', import.meta.url), 'utf8'),
    statusDocumentation(),
    'run: node scripts/status-docs.ts',
  )
})
