import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sanitizeHtml, textOfHtml } from './html.ts'

test('of what publishers write, only what formats a text is kept', () => {
  const cases: Readonly<Record<string, string>> = {
    '<p>One <b>bold</b> word</p>': '<p>One <b>bold</b> word</p>',
    '<p onclick="x()" style="color:red">a</p>': '<p>a</p>',
    '<script>alert(1)</script>b': 'b',
    '<img src=x onerror=alert(1)>c': 'c',
    '<a href="javascript:alert(1)">d</a>': '<a>d</a>',
    '<a href=" java\nscript:alert(1)">d</a>': '<a>d</a>',
    '<svg><script>x</script><p>y</p></svg>e': 'e',
    '<b><i>f</b>': '<b><i>f</i></b>',
    'a < b & c > d': 'a &#60; b &#38; c &#62; d',
    '&lt;script&gt;': '&#60;script&#62;',
  }
  for (const [html, expected] of Object.entries(cases)) assert.equal(sanitizeHtml(html), expected, html)
  assert.match(sanitizeHtml('<a href="https://a.example/?x=1&y=2">g</a>'), /^<a href="https:/)
})

test('words of a description, on one line', () => {
  assert.equal(
    textOfHtml('<p>One</p><p>two<br>three &amp; four</p><script>x</script>'),
    'One two three & four',
  )
})

test('what is nested beyond all measure is none, in no time', () => {
  const html = `${'<b>'.repeat(150_000)}${'</i>'.repeat(100_000)}x`
  assert.equal(sanitizeHtml(html), '')
  assert.equal(textOfHtml(html), '')
  assert.equal(textOfHtml('<p>a<br>b</p>'.repeat(1500)).length, 1500 * 4 - 1)
  for (const piece of ['<b></i>', '<b title="</b>">']) assert.equal(textOfHtml(piece.repeat(70_000)), '')
})

test('end tags that HTML lets one leave out nest nothing', () => {
  for (const name of ['p', 'li']) {
    const html = `<${name}>a`.repeat(1500)
    assert.equal(sanitizeHtml(html), `<${name}>a</${name}>`.repeat(1500))
    assert.equal(textOfHtml(html).split(' ').length, 1500)
  }
})
