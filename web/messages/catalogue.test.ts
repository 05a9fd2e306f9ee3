import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredLanguage } from '../../shared/languages.ts'
import { createTranslate } from '../kit/i18n.ts'
import { catalogue as en } from './en.ts'
import { catalogue as fr } from './fr.ts'
import type { Message } from './message.ts'

const texts = (message: Message) => (typeof message === 'string' ? [message] : [message.one, message.other])
const names = (message: Message) =>
  new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)))

test('a text has the same parameters in every language', () => {
  for (const [key, message] of Object.entries(en)) {
    assert.deepEqual(names(fr[key as keyof typeof fr]), names(message), key)
  }
})

test('numbers in texts are written as the language writes them', () => {
  assert.equal(
    createTranslate('en', en)('pagination.page', { page: 1200, pages: 3400 }),
    'Page 1,200 of 3,400',
  )
  assert.match(createTranslate('fr', fr)('pagination.page', { page: 1200, pages: 2 }), /^Page 1\s200 sur 2$/u)
})

test('French signs stay with the word before them, and parameters as they are', () => {
  const t = createTranslate('fr', fr)
  assert.equal(t('office.sure'), 'Êtes-vous sûr\u00a0?')
  assert.equal(t('office.move_up', { name: 'a ; b' }), 'Monter\u00a0: a ; b')
})

test('the browser chooses the language by its order of preference', () => {
  const chosen: readonly (readonly [string | undefined, string])[] = [
    ['de;q=0.9, fr-CH, en;q=0.8', 'fr'],
    ['en-GB,en;q=0.9,fr;q=0.8', 'en'],
    ['FR', 'fr'],
    ['de, fr;q=0.3', 'fr'],
    ['fr;q=0', 'en'],
    ['fr;q=0.000, en', 'en'],
    ['*', 'en'],
    ['*, fr;q=0.5', 'en'],
    ['fr, *', 'fr'],
    ['fr;q=x', 'fr'],
    ['de', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ]
  for (const [header, language] of chosen) assert.equal(preferredLanguage(header), language, header)
})
