import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Field } from '../kernel/index.ts'
import { gateFailureInFrench } from './gate-words.ts'
import { defaultGates, type Gates } from './gates.ts'
import { type GateFacts, judge, type Measured } from './judge.ts'

const field = (name: string, type: Field['type']) =>
  ({ name, label: name, type, description: null, annotations: {} }) as Field
const measured = (
  recordsCount: number,
  fields: readonly Field[],
  known: Record<string, number>,
): Measured => ({
  recordsCount,
  fields,
  known,
})

const gates: Gates = {
  ...defaultGates,
  min_records: 1000,
  required_fields: ['name', 'gone'],
  unique_keys: [['code'], ['gone']],
  ranges: { age: { min: 0, max: null }, gone: { min: 0, max: 1 }, name: { min: 0, max: 1 } },
  patterns: { code: '[A-Z]+', gone: 'x' },
}
const facts: GateFacts = {
  previous: measured(2000, [field('name', 'text'), field('age', 'int'), field('old', 'text')], {
    name: 2000,
    age: 2000,
    old: 2000,
  }),
  built: measured(500, [field('name', 'text'), field('age', 'text')], { name: 300, age: 500 }),
  doubled: [2, null],
  ranges: { age: { outside: 1, min: -3, max: 140 }, name: null },
  mismatched: { code: 12 },
}

test('every gate that was not passed is said in French, from what is kept of it', () => {
  const failures = judge(gates, facts)
  const kept = JSON.parse(JSON.stringify(failures)) as typeof failures
  const plain = kept.map((failure) => gateFailureInFrench(failure).message.replaceAll(/[\u00a0\u202f]/g, ' '))
  assert.deepEqual(plain, [
    '1 500 enregistrements ont disparu sur 2 000 (75 %) ; 20 % au plus le peuvent',
    'Il y a 500 enregistrements ; il en faut au moins 1 000',
    'Le champ old a disparu',
    'Le champ age était de type int et est de type text',
    'Le champ name était vide dans 0 % des enregistrements et l’est dans 40 % ; la part peut augmenter de 20 points',
    'Le champ name est vide dans 200 enregistrements',
    'Le champ gone est absent',
    '2 enregistrements partagent leur valeur de code avec un autre',
    'La clé gone nomme un champ absent',
    '1 valeur de age hors de 0 à … ; elles vont de -3 à 140',
    'Le champ gone est absent',
    'Les valeurs de name ne peuvent être comparées à l’intervalle',
    '12 enregistrements ont une valeur de code qui ne correspond pas au motif',
    'Le champ gone est absent',
  ])
  for (const [at, failure] of kept.entries()) {
    const { message: _french, ...rest } = gateFailureInFrench(failure)
    const { message: _english, ...own } = failures[at]!
    assert.deepEqual(rest, own)
  }
})

test('a gate of another release keeps its words', () => {
  const failure = { gate: 'later', limit: 1, was: 2, is: 3, message: 'Something is not right' }
  assert.deepEqual(gateFailureInFrench(failure), failure)
})
