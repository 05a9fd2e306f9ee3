import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTranslate, preferredLang } from '../kit/i18n.ts'
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

test('the browser chooses the language by its order of preference', () => {
  assert.equal(preferredLang('de;q=0.9, fr-CH, en;q=0.8'), 'fr')
  assert.equal(preferredLang('en-GB,en;q=0.9,fr;q=0.8'), 'en')
  assert.equal(preferredLang('de'), 'en')
  assert.equal(preferredLang(undefined), 'en')
})
