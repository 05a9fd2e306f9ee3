import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Field } from '../../kernel/index.ts'
import { type DataRules, fieldsSeen, keyOfRules, type Reader, viewOf } from './rules.ts'

const field = (name: string, annotations: Field['annotations'] = {}): Field => ({
  name,
  label: name,
  type: 'text',
  description: null,
  annotations,
})
const fields = ['a', 'b', 'c'].map((name) => field(name))
const rule = (changes: Partial<DataRules>): DataRules => ({
  isDataVisible: true,
  visibleFields: null,
  filterQuery: '',
  ...changes,
})
const reader = (rules: readonly DataRules[] | null): Reader => ({
  rules,
  isPublic: true,
  nowMs: 0,
  idKey: 'key',
})
const seen = (...rules: readonly DataRules[]) => viewOf(reader(rules), fields)
const grantsOf = (...rules: readonly DataRules[]) =>
  seen(...rules)?.grants.map(({ filters, names }) => [filters, [...names].join('')])

describe('what rules show', () => {
  test('everything needs no view, however it is said', () => {
    assert.equal(viewOf(reader(null), fields), null)
    assert.equal(seen(rule({})), null)
    assert.equal(seen(rule({ visibleFields: ['c', 'b', 'a', 'gone'], filterQuery: ' ' })), null)
    assert.equal(seen(rule({ visibleFields: ['a'] }), rule({}), rule({ isDataVisible: false })), null)
    assert.equal(seen(rule({ visibleFields: ['a', 'b'] }), rule({ visibleFields: ['c'] })), null)
  })

  test('no rule at all shows nothing', () => {
    const view = seen()!
    assert.equal(view.isDataVisible, false)
    assert.deepEqual(fieldsSeen(view, fields), [])
  })

  test('a filter and the fields of one rule apply together', () => {
    const [one, other] = [
      rule({ visibleFields: ['a', 'b'], filterQuery: 'a = 1' }),
      rule({ visibleFields: ['c'] }),
    ]
    assert.deepEqual(grantsOf(one, other), [
      [null, 'c'],
      [['a = 1'], 'ab'],
    ])
    assert.equal(seen(one, other)!.hasAllRecords, true)
    assert.equal(seen(one)!.hasAllRecords, false)
  })

  test('rules of the same filter, or of the same fields, are one; what is in another without filter goes', () => {
    assert.deepEqual(
      grantsOf(
        rule({ visibleFields: ['a'], filterQuery: 'x' }),
        rule({ visibleFields: ['b'], filterQuery: 'x' }),
        rule({ visibleFields: ['b', 'a'], filterQuery: 'y' }),
        rule({ visibleFields: ['c'] }),
        rule({ visibleFields: ['c'], filterQuery: 'z' }),
      ),
      [
        [null, 'c'],
        [['x', 'y'], 'ab'],
      ],
    )
  })

  test('a rule without any field of the dataset admits nothing', () => {
    assert.deepEqual(grantsOf(rule({ visibleFields: [] })), [])
    assert.deepEqual(grantsOf(rule({ visibleFields: ['gone'] })), [])
    assert.equal(seen(rule({ visibleFields: [] }))!.isDataVisible, true)
  })

  test('a rule without data shows its fields where no other shows data', () => {
    const hidden = rule({ isDataVisible: false, visibleFields: ['a', 'b'], filterQuery: 'x' })
    const names = (...rules: readonly DataRules[]) =>
      fieldsSeen(seen(...rules)!, fields).map(({ name }) => name)
    assert.deepEqual(names(hidden), ['a', 'b'])
    assert.equal(seen(hidden)!.isDataVisible, false)
    assert.deepEqual(seen(hidden)!.grants, [])
    assert.deepEqual(names(hidden, rule({ visibleFields: ['c'] })), ['c'])
  })

  test('fields keep their places among all, which postings refer to', () => {
    assert.deepEqual(seen(rule({ visibleFields: ['c', 'a'] }))!.positions, [0, 2])
  })
})

describe('record ids', () => {
  const withId = [field('a', { id: [] }), field('b')]
  const keyOf = (rules: readonly DataRules[], given: readonly Field[]) => viewOf(reader(rules), given)!.idKey

  test('are keyed where they may be made of something hidden', () => {
    assert.equal(keyOf([rule({ visibleFields: ['a'] })], fields), 'key')
    assert.equal(keyOf([rule({ visibleFields: ['b'] })], withId), 'key')
    assert.equal(
      keyOf([rule({ visibleFields: ['b'] }), rule({ visibleFields: ['a', 'b'], filterQuery: 'x' })], withId),
      'key',
    )
  })

  test('stay what they are where all they are made of is seen', () => {
    assert.equal(keyOf([rule({ visibleFields: ['a'] })], withId), null)
    assert.equal(keyOf([rule({ filterQuery: 'x' })], fields), null)
  })
})

describe('keys of rules', () => {
  test('are the same for the same rules in any order, and differ otherwise', () => {
    const one = rule({ visibleFields: ['a', 'b'] })
    const other = rule({ filterQuery: 'x' })
    assert.equal(keyOfRules([one, other]), keyOfRules([other, rule({ visibleFields: ['b', 'a'] }), other]))
    const different = [
      [one],
      [other],
      [rule({ filterQuery: 'y' })],
      [rule({ visibleFields: [] })],
      [rule({ isDataVisible: false })],
      [],
    ].map(keyOfRules)
    assert.equal(new Set(different).size, different.length)
    assert.equal(keyOfRules(null), '')
    assert.equal(keyOfRules([one, rule({})]), '')
  })
})

test('a filter that says now() makes what is seen depend on the time', () => {
  assert.equal(seen(rule({ filterQuery: 'a < NOW ( days=-1)' }))!.dependsOnTime, true)
  assert.equal(seen(rule({ filterQuery: 'a < now --x\n()' }))!.dependsOnTime, true)
  assert.equal(seen(rule({ filterQuery: 'a < 1' }))!.dependsOnTime, false)
})
