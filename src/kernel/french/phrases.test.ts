import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textsIn } from '../../../test/support/texts-in-source.ts'
import { reasonInFrench } from './phrases.ts'

/** Where errors are given their reasons: parameters of theirs, and functions that only make errors. */
const properties = new Set([
  ...['broken', 'cause', 'error', 'expected', 'features', 'kind', 'msg', 'problem', 'reason', 'reasons'],
  'suggestion',
])
const callees = new Set([
  ...['Damaged', 'GeoFault', 'Problem', 'ServiceFault', 'Unfit', 'damaged', 'denied', 'expected', 'failed'],
  ...[
    'fault',
    'invalid',
    'invalidArrow',
    'invalidSheet',
    'invalidUrl',
    'matching',
    'mismatch',
    'notReadable',
  ],
  ...['notUnderstood', 'refusal', 'refuse', 'refuseBinary', 'refuseMarkup', 'refuseWebPage', 'unexpected'],
  ...['unreadable', 'unusable', 'wrong'],
])
/** Made of pieces that have no end of their own: their whole forms have French words. */
const madeOfPieces = new Set([
  'it is called as {0}, not with {1} argument{2}',
  'it must be {0}{1}{2}',
  'it takes {0} argument{1}, not {2}',
  'its steps must be {0}',
  'the {0} has too many parts',
  'the {0} is longer than {1} bytes',
  '{0} at position {1}{2}',
  '{0} is expected, not {1}{2}',
  '{0}: {1}',
])
/** Mails and deliveries: what is wrong with them is told to nobody but the log. */
const untold = /^src\/(?:mail|subscriptions|webhooks\/send)/

test('every reason that an error can give has French words', () => {
  const missing = textsIn(['src/**/!(*.test).ts'])
    .filter(({ file }) => !/\/(?:cli|french|openapi|upkeep)\//.test(file) && !untold.test(file))
    .filter(({ property, callee }) =>
      property === null ? callee !== null && callees.has(callee) : properties.has(property),
    )
    // Names of formats, kinds and the like are the same in every language.
    .filter(({ text }) => /\w \w/.test(text) && !madeOfPieces.has(text))
    .filter(({ text }) => {
      const filled = text.replaceAll(/\{(\d)\}/g, 'value$1')
      return reasonInFrench(filled) === filled
    })
    .map(({ file, text }) => `${file}: ${text}`)
  assert.deepEqual(missing, [])
})
