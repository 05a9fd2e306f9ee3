import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFormat } from './format.ts'

test('instants are told in a zone, dates have none', () => {
  const tokyo = createFormat('en', 'Asia/Tokyo')
  assert.equal(tokyo.date('2031-05-09'), 'May 9, 2031')
  assert.equal(tokyo.date('2031-05-09T20:00:00+00:00'), 'May 10, 2031')
  assert.match(tokyo.dateTime('2031-05-09T20:00:00+00:00'), /^May 10, 2031, 5:00\sAM$/)
  assert.match(tokyo.dateTime('2031-05-09T20:00:00+00:00', 'Europe/Paris'), /^May 9, 2031, 10:00\sPM$/)
  assert.equal(createFormat('fr').dateTime('2031-05-09T20:00:00+00:00'), '9 mai 2031, 20:00')
  assert.equal(createFormat('fr').date('no date at all'), 'no date at all')
})
