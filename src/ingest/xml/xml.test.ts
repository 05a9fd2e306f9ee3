import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, type ErrorKey } from '../../kernel/index.ts'
import { type XmlAttributes, xmlLimits } from './parse-xml.ts'
import { readElements, type XmlElement } from './xml-elements.ts'
import { decodeXml } from './xml-text.ts'

/** The document as trees of its elements named `item`, in pieces of `size` bytes. */
async function items(document: string | Buffer, size = 7, encoding?: string): Promise<XmlElement[]> {
  const bytes = Buffer.from(document as string)
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const text = decodeXml(pieces(), { filename: 'a.xml', encoding })
  const found: XmlElement[] = []
  const isWanted = (path: readonly string[]) => path.at(-1) === 'item'
  for await (const batch of readElements(text, { filename: 'a.xml', isWanted })) found.push(...batch)
  return found
}

const plain = ({ name, attributes, children, text }: XmlElement): unknown => [
  name,
  Object.entries<string>(attributes as XmlAttributes & Record<string, string>),
  text.trim(),
  ...children.map(plain),
]

test('elements come as trees without prefixes, wherever the pieces are cut', async () => {
  const document = `<?xml version="1.0"?><!DOCTYPE x SYSTEM "x.dtd"><!-- a --><x xmlns:g="urn:g"><skipped/>
    <g:item id="1" g:z="&lt;&#233;&quot;"> a <b>é&amp;<![CDATA[<c>]]></b><item/></g:item><y><item>2</item></y></x>`
  const attributes = [
    ['id', '1'],
    ['g:z', '<é"'],
  ]
  const expected = [
    ['item', attributes, 'a', ['b', [], 'é&<c>'], ['item', [], '']],
    ['item', [], '2'],
  ]
  for (const size of [1, 2, 3, 1000]) assert.deepEqual((await items(document, size)).map(plain), expected)
})

test('names of prototypes are only names', async () => {
  const [item] = await items('<x><item __proto__="1" constructor="2"><__proto__>3</__proto__></item></x>')
  assert.deepEqual(plain(item!), [
    'item',
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
    '',
    ['__proto__', [], '3'],
  ])
  assert.equal(Object.getPrototypeOf(item!.attributes), null)
})

const accents = '<x><item>prénom €</item></x>'
const encodings: readonly (readonly [what: string, document: Buffer, encoding?: string])[] = [
  ['UTF-8', Buffer.from(accents)],
  ['UTF-8 with a mark', Buffer.from(`\uFEFF${accents}`)],
  ['UTF-16 with a mark', Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${accents}`, 'utf16le')],
  ['UTF-16, the other way round', Buffer.from(`\uFEFF${accents}`, 'utf16le').swap16()],
  ['UTF-16 without a mark', Buffer.from(accents, 'utf16le')],
  ['UTF-16 without a mark, the other way round', Buffer.from(accents, 'utf16le').swap16()],
  ['UTF-8 that says it is UTF-16', Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${accents}`)],
  ['UTF-8 behind blank lines', Buffer.from(`\n\n<?xml version="1.0" encoding="utf-8"?>${accents}`)],
  [
    'ISO-8859-1 with a euro sign',
    Buffer.concat([
      Buffer.from(`<?xml version='1.0' encoding='ISO-8859-1' ?><x><item>pr`),
      Buffer.from([0xe9]),
      Buffer.from('nom '),
      Buffer.from([0x80]),
      Buffer.from('</item></x>'),
    ]),
  ],
  [
    'what is asked for, whatever is declared',
    Buffer.concat([
      Buffer.from(`<?xml version='1.0' encoding='utf-8'?><x><item>pr`),
      Buffer.from([0xe9]),
      Buffer.from('nom '),
      Buffer.from([0x80]),
      Buffer.from('</item></x>'),
    ]),
    'windows-1252',
  ],
]
for (const [what, document, encoding] of encodings) {
  test(`${what} is read`, async () => {
    for (const size of [1, 3, 5000]) {
      assert.equal((await items(document, size, encoding))[0]!.text, 'prénom €')
    }
  })
}

const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]><x><item>&b;</item></x>`
const refused: readonly (readonly [what: string, document: () => string | Buffer, key: ErrorKey])[] = [
  ['a billion laughs', () => laughs, 'ingest.xml_entities'],
  [
    'an external entity',
    () => '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x><item>&a;</item></x>',
    'ingest.xml_entities',
  ],
  [
    'a parameter entity',
    () => '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://localhost/a.dtd"> %a;]><x/>',
    'ingest.xml_entities',
  ],
  ['an entity that is not declared', () => '<x><item>&nbsp;</item></x>', 'ingest.invalid_xml'],
  ['an entity named like a prototype member', () => '<x>&constructor;</x>', 'ingest.invalid_xml'],
  ['a NUL by reference', () => '<x><item>&#0;</item></x>', 'ingest.invalid_xml'],
  ['deep nesting', () => '<a>'.repeat(100_000), 'ingest.too_deep'],
  ['deep nesting in a record', () => `<item>${'<a>'.repeat(300)}`, 'ingest.too_deep'],
  [
    'many attributes',
    () => `<x ${Array.from({ length: 2000 }, (_, n) => `a${n}=""`).join(' ')}/>`,
    'ingest.xml_limit',
  ],
  ['an attribute of 20 MB', () => `<x a="${'y'.repeat(20 << 20)}"/>`, 'ingest.xml_limit'],
  ['a name of 20 MB', () => `<x><${'y'.repeat(20 << 20)}/></x>`, 'ingest.xml_limit'],
  ['a comment of 20 MB', () => `<!--${'y'.repeat(20 << 20)}--><x/>`, 'ingest.xml_limit'],
  [
    'a record of 20 MB in small pieces',
    () => `<item>${'<a>bcdefghi</a>'.repeat(1 << 20)}</item>`,
    'ingest.record_too_large',
  ],
  ['an attribute twice', () => '<x a="1" a="2"/>', 'ingest.invalid_xml'],
  ['a file cut off', () => '<x><item>1</item><item', 'ingest.invalid_xml'],
  ['elements that are not closed', () => '<x><item>1</item>', 'ingest.invalid_xml'],
  ['elements closed in the wrong order', () => '<x><item></x></item>', 'ingest.invalid_xml'],
  ['two roots', () => '<x/><y/>', 'ingest.invalid_xml'],
  ['nothing', () => '', 'ingest.invalid_xml'],
  ['text', () => 'a,b\n1,2\n', 'ingest.invalid_xml'],
  [
    'Latin-1 that declares nothing',
    () => Buffer.from('<x><item>\xe9</item></x>', 'latin1'),
    'ingest.invalid_xml',
  ],
  ['UTF-8 cut in a character', () => Buffer.from('<x/>\xc3', 'latin1'), 'ingest.invalid_xml'],
  [
    'an encoding nobody knows',
    () => '<?xml version="1.0" encoding="klingon"?><x/>',
    'ingest.unknown_encoding',
  ],
]
for (const [what, document, key] of refused) {
  test(`${what} is refused as ${key}`, async () => {
    await assert.rejects(
      items(document(), 1 << 20),
      (error) => error instanceof AppError && error.key === key,
    )
  })
}

test('limits are what is said of them', () => {
  assert.deepEqual(xmlLimits, { maxDepth: 200, maxAttributes: 1000, maxPiece: 16 << 20 })
})
