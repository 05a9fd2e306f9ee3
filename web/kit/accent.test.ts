import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accentCss, accentTokens, contrast, readColor } from './accent.ts'

const part = fc.integer({ min: 0, max: 255 })
const anyColor = fc.tuple(part, part, part)
const grounds = {
  light: ['#ffffff', '#f6f7f9', '#eef1f5'],
  dark: ['#161d28', '#0e131b', '#1f2835'],
}

test('whatever colour is chosen, links and buttons can be read, in light and dark', () => {
  fc.assert(
    fc.property(anyColor, (color) => {
      const themes = accentTokens(color)
      for (const theme of ['light', 'dark'] as const) {
        const tokens = themes[theme]
        for (const ground of grounds[theme])
          assert.ok(contrast(tokens.accent!, readColor(ground)!) >= 4.5, `${theme} on ${ground}`)
        assert.ok(contrast(tokens['accent-ink']!, tokens.accent!) >= 4.5, `${theme} button`)
        assert.ok(contrast(tokens['accent-soft-ink']!, tokens['accent-soft']!) >= 4.5, `${theme} soft`)
      }
      assert.ok(contrast(themes.light.accent!, [255, 255, 255]) >= 4.5, 'hero')
    }),
  )
})

test('a colour that can be read stays what it is', () => {
  assert.deepEqual(accentTokens(readColor('#0b57d0')!).light.accent, [0x0b, 0x57, 0xd0])
  assert.match(accentCss(readColor('#060')!), /^:root\{--accent:#006600;/)
})

test('what is no colour is none', () => {
  for (const text of ['', 'red', '#12345', '#1234567', '#12345g', '#123;}'])
    assert.equal(readColor(text), null)
  assert.deepEqual(readColor('#fA0'), [255, 170, 0])
})
