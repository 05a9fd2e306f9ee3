import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginsAsSvg } from './svg.ts'

test('SVG is told by its root, behind what may stand before it', () => {
  for (const text of [
    '<svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '\uFEFF  <?xml version="1.0"?>\n<!-- made by\n hand --> <!----><svg\n>',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg>',
  ])
    assert.ok(beginsAsSvg(text), text)
  for (const text of [
    '',
    '<html><svg>',
    '<svgx>',
    '<!-- <svg> -->',
    '<!-- --> text <svg>',
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg>',
  ])
    assert.ok(!beginsAsSvg(text), text)
})

test('a text of nothing but comments is read once', () => {
  // Two ways to read each pair of comments would be more than can be tried.
  assert.ok(!beginsAsSvg('<!---->'.repeat(1000)))
  assert.ok(!beginsAsSvg('<!-- - -- -->'.repeat(1000)))
})
