import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../kernel/index.ts'
import { refuseBinary } from './head.ts'

const russian = Array.from({ length: 200 }, (_, n) => `{"город": "МОСКВА ПИК ДОН ${n}"}\n`).join('')

/** What text may look like. */
const texts: Readonly<Record<string, string | Buffer>> = {
  'columns named like a magic number': 'PAR1;PAR2\n1;2\n',
  'a word that begins like one': 'GIF8x;b\n1;2\n',
  'Russian in UTF-16 without a mark': Buffer.from(russian, 'utf16le'),
  'Russian in UTF-16 with one': Buffer.from(`\uFEFF${russian}`, 'utf16le'),
  'Russian in UTF-16, the other way round': Buffer.from(`\uFEFF${russian}`, 'utf16le').swap16(),
  'French in Latin-1': Buffer.from('pr\xe9nom;ann\xe9e\nRen\xe9;1931\n'.repeat(50), 'latin1'),
  'a control character as separator': 'a\x01b\x01c\n1\x012\x013\n'.repeat(100),
  'zeros in the values': 'a,b\n1,x\0y\n',
  nothing: '',
}
for (const [what, text] of Object.entries(texts)) {
  test(`${what} is text`, () => refuseBinary(Buffer.from(text as string), 'a.csv', 'CSV'))
}

const binaries: Readonly<Record<string, string>> = {
  'an image': '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
  'an old Office document': '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
  'a spreadsheet or another zip archive': 'PK\x03\x04\x14\0',
  'a database': 'SQLite format 3\0',
  'compressed in another way than gzip': '\x28\xb5\x2f\xfd\x04',
  Parquet: 'PAR1\x15\x04',
  Arrow: 'ARROW1\0\0',
}
for (const [kind, start] of Object.entries(binaries)) {
  // Where another extractor reads it, that one is named too.
  const key = /Office|Parquet|Arrow/.test(kind) ? 'ingest.wrong_extractor' : 'ingest.not_text'
  test(`${kind} is named`, () => {
    assert.throws(
      () => refuseBinary(Buffer.from(start, 'latin1'), 'a.csv', 'CSV'),
      (error) => error instanceof AppError && error.key === key && error.params.kind === kind,
    )
  })
}
