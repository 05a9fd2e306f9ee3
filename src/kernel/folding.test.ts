/** What pages mark as found is what the engine finds: the same folding, the same words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  editDistance,
  exactWords,
  foldText,
  markFound,
  prefixWords,
  searchedWords,
} from '../../shared/words.ts'
import { foldedTermsSql } from './folding.ts'

const found = (text: string, words: Parameters<typeof markFound>[1]) =>
  markFound(text, words)
    .filter(({ isFound }) => isFound)
    .map((piece) => piece.text)

test('texts are folded as the engine folds them', async () => {
  const texts = [
    'Łódź',
    'Straße',
    'ÆGIR œuvre',
    'Crème BRÛLÉE',
    'İstanbul ısı',
    'Þingvellir Đorđe',
    'Ελλάδα Ά',
    'Ёлка',
    'naïve café',
    'plain 24',
    'Ǻ ṩ',
  ]
  const connection = await (await DuckDBInstance.create()).connect()
  for (const text of texts) {
    const reader = await connection.runAndReadAll(`select ${foldedTermsSql(`'${text}'`)}::varchar[] as terms`)
    const terms = (reader.getRowObjectsJson()[0]!.terms as string[]).join(' ')
    assert.equal(foldText(text), terms, text)
  }
  connection.closeSync()
})

test('terms are found by their word, its beginning, or with an error or two', () => {
  assert.deepEqual(found('Trees of Łódź and trees', exactWords('LODZ tree')), ['Łódź'])
  assert.deepEqual(found('Trees of Łódź and trees', prefixWords('tree')), ['Trees', 'trees'])
  assert.deepEqual(found('Boston, Bodton, Basel', searchedWords('bostom ba')), ['Boston', 'Bodton', 'Basel'])
  assert.deepEqual(found('at in', searchedWords('an x')), [])
})

test('the pieces are the text, whatever it holds', () => {
  for (const text of ['', '<b>Caf\u0301e</b>', 'a'.repeat(9_000), '🌳 tree 🌳', 'x '.repeat(4_000)]) {
    for (const words of [[], exactWords('cafe x'), prefixWords('a tree'), searchedWords('treee b')])
      assert.equal(
        markFound(text, words)
          .map((piece) => piece.text)
          .join(''),
        text,
      )
  }
})

test('distances stop at their limit', () => {
  assert.equal(editDistance('kitten', 'sitting', 9), 3)
  assert.equal(editDistance('kitten', 'sitting', 2), 2)
  assert.equal(editDistance('a', 'abcdef', 3), 3)
})
