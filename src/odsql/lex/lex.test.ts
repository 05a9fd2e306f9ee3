import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { attempt } from '../fault.ts'
import { lex, maxClauseBytes } from './lex.ts'

const shown = (text: string) => lex(text).map((token) => `${token.kind}:${token.text}`)

function failure(text: string) {
  const result = attempt('where', () => lex(text))
  assert.ok(!result.ok, 'it was read')
  const [error] = result.errors
  return { key: error!.key, position: error!.params.position, reason: error!.params.reason }
}

describe('tokens', () => {
  const cases: readonly (readonly [text: string, tokens: readonly string[]])[] = [
    ['', []],
    ['  \n\t\u00a0 ', []],
    ['price>=5', ['name:price', 'symbol:>=', 'number:5']],
    ['a<>b!=c==d', ['name:a', 'symbol:<>', 'name:b', 'symbol:!=', 'name:c', 'symbol:==', 'name:d']],
    ['[5..12]', ['symbol:[', 'number:5', 'symbol:..', 'number:12', 'symbol:]']],
    ['[1.5..2.5[', ['symbol:[', 'number:1.5', 'symbol:..', 'number:2.5', 'symbol:[']],
    ['1e3 .5 2.E-1', ['number:1e3', 'number:.5', 'number:2.E-1']],
    ['10km', ['number:10', 'name:km']],
    ["date'2020'", ['name:date', 'string:2020']],
    ['"a\\"b"', ['string:a"b']],
    ["'a\\\\'", ['string:a\\']],
    ["'a\nb'", ['string:a\nb']],
    ['`weird "name"; --`', ['quoted_name:weird "name"; --']],
    ['default.title', ['name:default.title']],
    ['prix_été straße 名前', ['name:prix_été', 'name:straße', 'name:名前']],
    ['a -- the rest\n b', ['name:a', 'name:b']],
    ['a - -b', ['name:a', 'symbol:-', 'symbol:-', 'name:b']],
    ['__proto__ constructor', ['name:__proto__', 'name:constructor']],
  ]
  for (const [text, tokens] of cases) {
    test(`of ${JSON.stringify(text)}`, () => assert.deepEqual(shown(text), [...tokens, 'end:']))
  }

  test('know where they stand, and whether anything stands before them', () => {
    const tokens = lex(' ab  10km')
    assert.deepEqual(
      tokens.map(({ span, isGlued }) => [span.start, span.end, isGlued]),
      [
        [1, 3, false],
        [5, 7, false],
        [7, 9, true],
        [9, 9, true],
      ],
    )
  })
})

describe('refusals name the place', () => {
  const cases: readonly (readonly [text: string, position: number, reason: RegExp])[] = [
    ['a = "open', 4, /string is not closed/],
    ["a = 'open\\'", 4, /string is not closed/],
    ['`open', 0, /back quote is not closed/],
    ['a ; b', 2, /unexpected character ;/],
    ['a = 😀', 4, /unexpected character 😀/],
    ['a = "x\0y"', 6, /NUL/],
    ['a = \ud800', 4, /unexpected character/],
  ]
  for (const [text, position, reason] of cases) {
    test(JSON.stringify(text), () => {
      const error = failure(text)
      assert.equal(error.key, 'odsql.syntax')
      assert.equal(error.position, position)
      assert.match(String(error.reason), reason)
    })
  }

  test('a clause that is too long, in bytes', () => {
    assert.equal(failure(`"${'é'.repeat(maxClauseBytes / 2)}"`).key, 'odsql.too_complex')
    assert.equal(lex(`"${'é'.repeat(maxClauseBytes / 2 - 1)}"`).length, 2)
  })

  test('a clause of too many tokens', () => {
    assert.equal(failure('('.repeat(20_001)).key, 'odsql.too_complex')
  })
})

test('tokens cover the text in order, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const result = attempt('where', () => lex(text))
      if (!result.ok) return assert.match(result.errors[0]!.key, /^odsql\./)
      let end = 0
      for (const { span } of result.value) {
        assert.ok(span.start >= end && span.end >= span.start && span.end <= text.length)
        end = span.end
      }
      assert.equal(result.value.at(-1)!.kind, 'end')
    }),
    { numRuns: 2000 },
  )
})

test('any text written as a string reads back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      fc.constantFrom('"', "'"),
      (text, quote) => {
        const written = `${quote}${text.replace(/[\\"']/g, (char) => `\\${char}`)}${quote}`
        assert.equal(lex(written)[0]!.text, text)
      },
    ),
  )
})
