/** A source that announces more than it gives has not given all: what is missing must not be taken for gone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import type { SourceHttp } from '../remote.ts'
import { findSource } from './sources.ts'

const url = 'https://data.example.org'

/** Two datasets of five, then nothing. */
const json: Readonly<Record<string, (isFirst: boolean) => JsonValue>> = {
  ckan: (isFirst) => ({
    success: true,
    result: { count: 5, results: isFirst ? [{ id: 'a' }, { id: 'b' }] : [] },
  }),
  ods: (isFirst) => ({ total_count: 5, results: isFirst ? [{ dataset_id: 'a' }, { dataset_id: 'b' }] : [] }),
  socrata: (isFirst) => ({
    resultSetSize: 5,
    results: isFirst ? [{ resource: { id: 'a' } }, { resource: { id: 'b' } }] : [],
  }),
}
const record = '<gmd:MD_Metadata><gmd:fileIdentifier>a</gmd:fileIdentifier></gmd:MD_Metadata>'
const xml = (matched: number, next: string, records: string) =>
  `<c xmlns:gmd="g"><SearchResults numberOfRecordsMatched="${matched}"${next}>${records}</SearchResults></c>`

async function list(type: string, params: JsonObject, http: SourceHttp): Promise<number> {
  let count = 0
  for await (const page of findSource(type).list(params, http)) count += page.length
  return count
}

const isIncomplete = (error: unknown) =>
  error instanceof AppError &&
  error.key === 'harvest.not_understood' &&
  /it has 5 datasets/.test(error.message)

for (const [type, answer] of Object.entries(json)) {
  test(`${type}: a page that is empty too early ends the run by name`, async () => {
    let asked = 0
    const http: SourceHttp = { json: async () => answer(asked++ === 0), text: async () => '' }
    await assert.rejects(list(type, type === 'ods' ? { domain: url } : { url }, http), isIncomplete)
  })
}

test('ods: an export that is shorter than the catalog ends the run by name', async () => {
  const http: SourceHttp = {
    text: async () => '',
    json: async ({ pathname }) =>
      pathname.endsWith('/json')
        ? [{ dataset_id: 'a' }]
        : { total_count: 20_000, results: [{ dataset_id: 'a' }] },
  }
  await assert.rejects(list('ods', { domain: url }, http), /it has 20000 datasets and gives none from 1 on/)
})

for (const [what, pages, outcome] of [
  ['an empty page too early', [xml(5, ' nextRecord="2"', record), xml(5, '', '')], 'incomplete'],
  ['an end that comes too early', [xml(5, ' nextRecord="0"', record)], 'incomplete'],
  ['an end said with 0', [xml(1, ' nextRecord="0"', record)], 1],
  ['an end said with nothing', [xml(2, ' nextRecord="2"', record), xml(2, '', record)], 2],
] as const) {
  test(`csw: ${what}`, async () => {
    let asked = 0
    const http: SourceHttp = { json: async () => null, text: async () => pages[asked++] ?? '' }
    const listed = list('csw', { url }, http)
    if (outcome === 'incomplete') await assert.rejects(listed, isIncomplete)
    else assert.equal(await listed, outcome)
  })
}
