import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFrench } from '../../../shared/languages.ts'
import { defineErrors } from '../errors/spec.ts'
import { type ErrorKey, errorCatalogue, errorSpec } from '../errors.ts'
import { wordsOf } from '../words-of.ts'
import { frenchErrors } from './errors.ts'
import { createPhrasebook } from './phrasebook.ts'
import { inFrench } from './spec.ts'

const names = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
const keys = Object.keys(errorCatalogue) as ErrorKey[]

test('every error has a French text with exactly the parameters of the English one, and a hint where that has one', () => {
  assert.deepEqual(Object.keys(frenchErrors).sort(), [...keys].sort())
  for (const key of keys) {
    const { message, hint } = errorSpec(key)
    const [french, frenchHint] = [frenchErrors[key]].flat()
    assert.deepEqual(names(french!), names(message), key)
    assert.notEqual(french, message, key)
    assert.equal(frenchHint === undefined, hint === undefined, key)
    if (hint === undefined) continue
    assert.deepEqual(names(frenchHint!), names(hint), key)
    if (hint !== '{suggestion}') assert.notEqual(frenchHint, hint, key)
  }
})

test('a French text that is missing, has another parameter or lacks one does not compile', () => {
  const errors = defineErrors({
    'a.plain': { status: 400, errorKey: 'AException', message: 'The file {name} is empty' },
    'a.hinted': { status: 400, errorKey: 'AException', message: 'Wait', hint: 'For {seconds} s' },
  })
  inFrench(errors)({ 'a.plain': 'Le fichier {name} est vide', 'a.hinted': ['Attendez', '{seconds} s'] })
  // @ts-expect-error one is missing
  inFrench(errors)({ 'a.plain': 'Le fichier {name} est vide' })
  inFrench(errors)({
    // @ts-expect-error the parameter has another name
    'a.plain': 'Le fichier {file} est vide',
    'a.hinted': ['Attendez', '{seconds} s'],
  })
  inFrench(errors)({
    'a.plain': 'Le fichier {name} est vide',
    // @ts-expect-error the parameter of the hint is missing
    'a.hinted': ['Attendez', 'Un moment'],
  })
})

test('an error is said in the language asked for, with the reason that it was raised with', () => {
  const error = {
    key: 'ingest.invalid_argument',
    params: { name: 'split', value: '0', argument: 'index', expected: 'it must be a whole number from 1' },
  } as const
  assert.equal(
    wordsOf(error, 'en').message,
    'Processor split cannot use 0 for index: it must be a whole number from 1',
  )
  assert.equal(
    wordsOf(error, 'fr').message,
    'Le traitement split ne peut pas utiliser 0 pour index\u00a0: il faut un nombre entier à partir de 1',
  )
})

test('what somebody has written stays as they wrote it, even where it reads like a phrase', () => {
  const { message } = wordsOf(
    { key: 'catalog.dataset_id_taken', params: { dataset_id: 'it must be text' } },
    'fr',
  )
  assert.match(message, /it must be text/)
})

test('an error that tells of another one in its own words tells of it in French', () => {
  const reason = wordsOf(
    { key: 'catalog.unknown_connection', params: { connection_uid: 'co_1' } },
    'en',
  ).message
  const { message } = wordsOf(
    { key: 'harvest.invalid_parameter', params: { parameter: 'connection', reason } },
    'fr',
  )
  assert.equal(message, setFrench('Paramètre connection du moissonneur : Connexion inconnue : co_1'))
})

test('of phrases the one that says most is taken, what it holds is said too, and what has no French stays', () => {
  const say = createPhrasebook({
    'it must be {0}': 'il faut {0}',
    'it must be one of {0}': 'au choix : {0}',
    'a number': 'un nombre',
    '{0} in {1}': '{1} de {0}',
  })
  assert.equal(say('it must be one of a, b'), 'au choix\u00a0: a, b')
  assert.equal(say('it must be a number'), 'il faut un nombre')
  assert.equal(say('left in right'), 'right de left')
  assert.equal(say('something else'), 'something else')
  assert.equal(say('it must be a.*b(c'), 'il faut a.*b(c')
})

test('a long text takes no time', () => {
  const say = createPhrasebook({ '{0}a{1}a{2}a{3}a{4}a{5}b{6}c': '{0}{1}{2}{3}{4}{5}{6}' })
  // To try all ways to cut it would take years.
  for (const long of [`${'a'.repeat(1_900)}c`, `${'a'.repeat(1_000_000)}c`]) assert.equal(say(long), long)
  assert.equal(say('1a2a3a4a5a6b7bc'), '1234567b')
})
