import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, type QueryLanguage } from './completion.ts'

const language: QueryLanguage = {
  clauses: [{ name: 'where', keywords: ['and', 'null'] }],
  functions: [
    { name: 'count', usage: 'count(any)', description: '', clauses: ['select'] },
    { name: 'startswith', usage: 'startswith(text, "Begin")', description: '', clauses: ['where'] },
  ],
  fields: [
    { name: 'state', text: 'state', type: 'text', label: 'State', is_technical: false },
    { name: 'date', text: '`date`', type: 'date', label: 'Opened', is_technical: false },
    { name: 'statid', text: 'statid', type: 'text', label: null, is_technical: true },
  ],
}
const offered = (clause: string, text: string, caret = text.length) =>
  complete(language, clause, text, caret).proposals.map((proposal) => proposal.text)

test('the word at the caret is completed by what the clause may have', () => {
  assert.deepEqual(offered('where', 'sta'), ['state', 'startswith('])
  assert.deepEqual(offered('select', 'state, co'), ['count('])
  assert.deepEqual(offered('where', 'state is n'), ['null'])
  assert.deepEqual(offered('where', 'open'), ['`date`'])
  assert.deepEqual(offered('where', 'sta and x', 3), ['state', 'startswith('])
  assert.equal(complete(language, 'where', 'a = 1 and st', 12).from, 10)
})

test('nothing is offered inside of a string, before a word, or when it is whole', () => {
  for (const text of ['state = "st', "state = 'st", '', 'state ', 'state'])
    assert.deepEqual(offered('where', text), [], text)
  assert.deepEqual(offered('where', 'state = "a\\"b" and st'), ['state', 'startswith('])
})
