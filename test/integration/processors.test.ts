/** Stacks of processors through the builder: many at once, over many slices, over hostile values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsAt } from '../../src/ingest/index.ts'
import { textOfHtml } from '../../src/ingest/processors/html.ts'
import type { ConfiguredStep, JsonObject, ManifestSource } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile, sealedManifest } from '../support/parts.ts'

let steps = 0
const step = (name: string, args: JsonObject): ConfiguredStep => ({
  processor_uid: `pr_${name.replaceAll('_', '')}${++steps}`,
  name,
  args,
})

function assertBalanced(sources: readonly ManifestSource[]): void {
  for (const { rows_read, rows_added = 0, rows_kept, rows_rejected, rows_filtered, rows_replaced } of sources)
    assert.equal(rows_read + rows_added, rows_kept + rows_rejected + rows_filtered + rows_replaced)
}

/** Twenty, and each of them does something to some of the records of `orders`. */
const twenty: readonly ConfiguredStep[] = [
  step('unicode_normalize', { fields: ['name'] }),
  step('decode_html_entities', { field: 'name' }),
  step('extract_html', { field: 'note' }),
  step('extract_urls', { field: 'links', output_field: 'urls' }),
  step('normalize_url', { field: 'site' }),
  step('convert_number', { field: 'price', decimal_separator: ',' }),
  step('expression', { output_field: 'total', expression: '=price * amount' }),
  step('meta_expression', { expression: 'trim(X)', fields: ['name', 'note'] }),
  step('skip_record', { field: 'name', value: '=amount % 5 == 0' }),
  step('json_extract', { field: 'extra', rules: ['place.city', 'size'] }),
  step('json_array_to_multivalued', {
    field: 'extra',
    rule: 'tags.item',
    separator: ';',
    output_field: 'tags',
  }),
  step('deduplicate_multivalued', { field: 'tags', separator: ';', output_field: 'tags' }),
  step('expand_json_array', { json_array_field: 'extra', rule: 'lines.item.sku', output_field: 'sku' }),
  step('expand_multivalued', { field: 'tags', separator: ';', output_field: 'tag' }),
  step('delete_record', { field: 'sku', value: 's0' }),
  step('set_timezone', { field: 'at', timezone: 'Europe/Paris' }),
  step('extract_bit_range', { field: 'bits', start: 0, stop: 8, convert: 'uint', output_field: 'byte' }),
  step('booleans_to_multivalued', { fields: ['wifi', 'lift'], separator: ';', output_field: 'has' }),
  step('transpose', { fields: ['wifi', 'lift'], label_field: 'what', value_field: 'there' }),
  step('regexp_replace', { field: 'site', regexp: '^http:', new: 'https:' }),
]

function orderOf(n: number): JsonObject {
  const tags = n % 3 === 0 ? [] : ['b', 'a', 'b', ...(n % 2 ? ['c'] : [])]
  const lines = Array.from({ length: n % 4 }, (_, index) => ({ sku: `s${index}` }))
  return {
    n: String(n),
    name: ` caf&eacute; ${n} `,
    note: '<p>a</p><p>b</p>',
    links: 'see http://a.example/x.',
    site: 'a.example',
    price: n % 7 === 0 ? 'free' : `1.000,${n % 10} €`,
    amount: String(n),
    extra: n % 11 === 0 ? '{oops' : JSON.stringify({ place: { city: 'Lyon' }, size: n, tags, lines }),
    at: '2031-07-01T10:00:00Z',
    bits: 'ff',
    wifi: n % 2 ? 'yes' : 'no',
    lift: null,
  }
}

test('twenty processors make the same of many slices and of one, and every record is accounted for', async (t) => {
  const orders = Array.from({ length: 160 }, (_, n) => orderOf(n))
  const source = () => sourceOf(t, 'orders.json', JSON.stringify(orders), 'jsonfile')
  const whole = await runBuild(t, [source()], { processors: twenty })
  const cut = await runBuild(t, [source()], { processors: twenty, limits: { sliceBytes: 10_000 } })
  const manifest = sealedManifest(cut)
  assert.ok(manifest.parts.length > 3, `${manifest.parts.length} parts`)
  assert.equal(manifest.content_hash, sealedManifest(whole).content_hash)
  assert.deepEqual(manifest.record_errors.count, sealedManifest(whole).record_errors.count)
  assertBalanced(manifest.sources)

  // The same, counted by hand.
  let kept = 0
  let filtered = 0
  for (const [n] of orders.entries()) {
    if (n % 5 === 0) {
      filtered++
      continue
    }
    const isBroken = n % 11 === 0
    const tags = isBroken || n % 3 === 0 ? 0 : n % 2 ? 3 : 2
    const skus = isBroken ? 0 : n % 4
    const records = Math.max(1, skus) * Math.max(1, tags)
    const deleted = skus > 0 ? Math.max(1, tags) : 0
    kept += (records - deleted) * 2
  }
  const [counts] = manifest.sources
  assert.equal(manifest.records_count, kept)
  assert.equal(counts!.rows_read, 160)
  assert.ok(counts!.rows_added! > 160 && counts!.rows_filtered > filtered)
  const added = counts!.rows_added!
  assert.equal(160 + added - counts!.rows_filtered, kept)

  const records = await readRecords(cut)
  const first = records.find((record) => record.n === '19')!
  assert.deepEqual(
    [first.name, first.note, first.urls, first.site, first.price, first.total],
    ['café 19', 'a b', 'http://a.example/x', 'https://a.example', 1000.9, 19017.1],
  )
  assert.deepEqual(
    [first.place_city, first.size, first.tags, first.tag, first.byte, first.has, first.what, first.there],
    ['Lyon', 19, 'b;a;c', 'b', 255, 'wifi', 'wifi', 'yes'],
  )
  assert.equal(fieldTypesOf(cut).at, 'datetime')
  const errors = await readSideFile(cut, 'record_errors')
  assert.deepEqual([...new Set(errors.map((error) => error.reason))].sort(), ['not JSON', 'not a number'])
})

test('patterns that would take for ever elsewhere do not here, and those of another syntax are refused', async (t) => {
  const text = `${'a'.repeat(50_000)}!`
  const source = () => sourceOf(t, 'a.csv', `v\n${text}\n`, 'csvfile')
  const catastrophic = '^(a+)+$'
  const built = await runBuild(t, [source()], {
    processors: [
      step('regexp_replace', { field: 'v', regexp: catastrophic, new: '' }),
      step('string_extractor', { field: 'v', regexp: '(?P<x>(a|aa)+$)' }),
      step('expression', { output_field: 'y', expression: `match(v, '${catastrophic}')` }),
      step('skip_record', { field: 'v', value: "=match(v, '(a*)*b')" }),
    ],
  })
  assert.deepEqual(await readRecords(built), [{ v: text, x: null, y: false }])
  for (const [name, args] of [
    ['regexp_replace', { field: 'v', regexp: '(?=a)', new: '' }],
    ['expression', { output_field: 'y', expression: "match(v, '(?=a)')" }],
    ['expression', { output_field: 'y', expression: "extract(v, '[')" }],
    ['expression', { output_field: 'y', expression: "date(v, '%Q')" }],
    ['delete_record', { value: "=match(v, '(')" }],
  ] as const) {
    const failed = await runBuild(t, [source()], { processors: [step(name, args)] })
    assert.equal(failed.error?.key, 'ingest.invalid_argument', JSON.stringify(args))
  }
})

test('a record that would fill the disk with copies of itself stays one record, with an error', async (t) => {
  const large = JSON.stringify(Array.from({ length: 20_000 }, () => 'x'.repeat(20)))
  const rows = [large, '["a","b"]'].map((list, n) => JSON.stringify({ n, list })).join('\n')
  const built = await runBuild(t, [sourceOf(t, 'a.jsonl', rows, 'jsonl')], {
    processors: [step('expand_json_array', { json_array_field: 'list', output_field: 'item' })],
  })
  assert.deepEqual(
    (await readRecords(built)).map(({ n, item }) => [n, item]),
    [
      [0, null],
      [1, 'a'],
      [1, 'b'],
    ],
  )
  assertBalanced(sealedManifest(built).sources)
  const [error] = await readSideFile(built, 'record_errors')
  assert.deepEqual(
    [error!.field, error!.value, error!.reason],
    ['item', '20000 items', 'too many items to make a record of each'],
  )
})

test('deleted records are those of every resource', async (t) => {
  const built = await runBuild(
    t,
    [
      sourceOf(t, 'a.csv', 'id,state\n1,open\n2,closed\n', 'csvfile'),
      sourceOf(t, 'b.csv', 'id,state\n3,closed\n4,open\n', 'csvfile'),
    ],
    { processors: [step('delete_record', { value: '=state == "closed"' })] },
  )
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.id),
    [1, 4],
  )
  assertBalanced(sealedManifest(built).sources)
})

test('a deleted record takes those of its id before it along, from earlier resources too, and may come again', async (t) => {
  const built = await runBuild(
    t,
    [
      sourceOf(t, 'a.csv', 'id,state,n\n1,open,1\n2,open,2\n3,open,3\n4,open,4\n', 'csvfile'),
      sourceOf(t, 'b.csv', 'id,state,n\n2,closed,\n3,closed,\n3,open,30\n5,closed,\n6,open,-6\n', 'csvfile'),
      sourceOf(t, 'c.csv', 'id,state,n\n4,open,40\n', 'csvfile'),
    ],
    {
      processors: [
        step('delete_record', { value: '=state == "closed"' }),
        // What is left out behind it does not lose the deletion, and is left out itself.
        step('skip_record', { value: '=n < 0', field: 'n' }),
        step('skip_record', { field: 'n' }),
      ],
      fieldSpecifications: [step('annotate', { field: 'id', annotation: 'id' })],
    },
  )
  assert.deepEqual(
    (await readRecords(built)).map(({ id, n }) => [id, n]),
    [
      [1, 1],
      [3, 30],
      [4, 40],
    ],
  )
  const { sources, records_count } = sealedManifest(built)
  assertBalanced(sources)
  assert.equal(records_count, 3)
  assert.deepEqual(
    sources.map(({ rows_kept, rows_filtered, rows_replaced }) => [rows_kept, rows_filtered, rows_replaced]),
    [
      [1, 0, 3],
      [1, 4, 0],
      [1, 0, 0],
    ],
  )
})

test('what an expression cannot convert is a record error where it was needed, and none where it was asked about', async (t) => {
  const source = sourceOf(t, 'a.csv', 'a,d\n1,2031-01-01\nn/a,soon\n,\n', 'csvfile')
  const built = await runBuild(t, [source], {
    processors: [
      step('expression', { output_field: 'sure', expression: 'a * 2' }),
      step('expression', { output_field: 'asked', expression: 'isdecimal(a) ? a * 2 : -1' }),
      step('expression', { output_field: 'compared', expression: 'a > 0' }),
      step('expression', { output_field: 'next', expression: 'add_days(d, 1)' }),
    ],
  })
  assert.deepEqual(
    (await readRecords(built)).map(({ sure, asked, compared, next }) => [sure, asked, compared, next]),
    [
      [2, 2, true, '2031-01-02'],
      [null, -1, false, null],
      [null, -1, false, null],
    ],
  )
  const errors = await readSideFile(built, 'record_errors')
  assert.deepEqual(
    errors.map(({ field, value, reason }) => [field, value, reason]),
    [
      ['a', 'n/a', 'not a number'],
      ['d', 'soon', 'not a date'],
    ],
  )
  assert.deepEqual(fieldTypesOf(built), {
    a: 'text',
    d: 'text',
    sure: 'int',
    asked: 'int',
    compared: 'boolean',
    next: 'date',
  })
})

test('the time is a part of the steps that ask for it, and of no others', async (t) => {
  const plain = [step('expression', { output_field: 'x', expression: 'upper(a)' })]
  assert.deepEqual(stepsAt(plain, '2031-02-03T04:05:06.000Z'), plain)
  const processors = stepsAt(
    [
      step('expression', { output_field: 'age', expression: '={{year(now()) - a}}' }),
      step('skip_record', { field: 'a', value: '=date(b) > today()' }),
    ],
    '2031-02-03T04:05:06.000Z',
  )
  const source = sourceOf(t, 'a.csv', 'a,b\n2000,2031-02-03\n2001,2031-02-04\n', 'csvfile')
  const built = await runBuild(t, [source], { processors })
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.age),
    [31],
  )
})

test('the text of hostile HTML is found in one go', () => {
  assert.equal(textOfHtml(`${'<div>'.repeat(200_000)}x`), 'x')
  assert.equal(textOfHtml('</script>a<SCRIPT>x</sCript>b<template><p>y</p></template>c<script>z'), 'abc')
  assert.equal(textOfHtml(`${'<a '.repeat(100_000)}${'<!--'.repeat(100_000)}`), '')
  assert.equal(textOfHtml('&'.repeat(200_000)).length, 200_000)
  assert.equal(
    textOfHtml('a<!-- <b> --><style>x{}</style><b title=">">c</b>&#0;&#x110000;&amp;amp;'),
    'ac\ufffd\ufffd&amp;',
  )
  assert.equal(textOfHtml('1 < 2 & 3 &unknown; <'), '1 < 2 & 3 &unknown; <')
})
