/** Processors and field specifications: every processor's examples run through the engine, both stacks through the builder. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openEngine } from '../../src/engine/index.ts'
import { directoriesRead } from '../../src/ingest/builder/directories-read.ts'
import { compileProjection } from '../../src/ingest/builder/projection.ts'
import { createStepSupport } from '../../src/ingest/builder/step-support.ts'
import { processors, validateFieldSpecification, validateProcessor } from '../../src/ingest/index.ts'
import type { Processor, ProcessorArgument } from '../../src/ingest/processors/processor.ts'
import {
  AppError,
  type ConfiguredStep,
  type ErrorKey,
  type JoinedDataset,
  type JsonObject,
  type JsonValue,
  quoteIdentifier,
  quoteLiteral,
} from '../../src/kernel/index.ts'
import { runBuild, sourceOf, tempDirectory, withoutNetwork } from '../support/builder.ts'
import { buildExamples } from '../support/joined.ts'
import { fieldTypesOf, readRecords, readSideFile, readWithIds, sealedManifest } from '../support/parts.ts'

/** The records that a stack of processors makes of one record of text values. */
async function runProcessors(
  t: TestContext,
  steps: readonly ConfiguredStep[],
  input: Readonly<Record<string, string | null>>,
  datasets: Readonly<Record<string, JoinedDataset>> = {},
  known: Readonly<Record<string, JsonValue>> = {},
) {
  const engine = await openEngine({
    memoryLimitMb: 200,
    threads: 1,
    tempDirectory: tempDirectory(t),
    allowedDirectories: [...directoriesRead({ sources: [], datasets })],
  })
  const connection = await engine.connect()
  try {
    const columns = Object.keys(input).map((name) => ({ name, label: name, engineType: 'VARCHAR' }))
    const projection = compileProjection(
      columns,
      { processors: steps, fieldSpecifications: [], datasets },
      new Map(),
    )
    const values = Object.entries(input).map(
      ([name, value]) =>
        `${value === null ? 'null' : quoteLiteral(value)}::varchar as ${quoteIdentifier(name)}`,
    )
    const relation = `(select ${values.join(', ')})`
    const support = createStepSupport({
      stop: withoutNetwork.stop,
      ask: async (_service, _request, keys) => keys.map((key) => known[key] ?? null),
    })
    await support.prepareJoins(connection, projection.joins)
    const answers: string[] = []
    for (const [index, lookup] of projection.lookups.entries()) {
      await support.answer(connection, lookup, lookup.keys(relation, columns, answers), `answers_${index}`)
      answers.push(`answers_${index}`)
    }
    const items = projection.fields.map(({ field }, index) => `${quoteIdentifier(field.name)} := f${index}`)
    const rows = await connection.all(
      `select to_json(struct_pack(${items.join(', ')}))::varchar as record from (${projection.typedRows(relation, columns, answers)})`,
    )
    return rows.map((row) => JSON.parse(String(row.record)) as Record<string, unknown>)
  } finally {
    connection.close()
    engine.close()
  }
}

/** The worst that an argument can be and still be one; of those that cannot hold any text, what an example says. */
function hostileArgument(
  processor: Processor,
  spec: ProcessorArgument,
  hostile: string,
): JsonValue | undefined {
  if (spec.choices || spec.type === 'int' || spec.type === 'double')
    return processor.examples[0]!.args[spec.name] ?? spec.default
  // A field of another dataset: one that is not there is refused, as its own test has it.
  if (spec.name === 'remote_field') return 'shape'
  switch (spec.type) {
    case 'field':
      return 'a'
    case 'fields':
      return ['a']
    case 'new_field':
      return hostile
    case 'text':
      // Ways into JSON are of few characters.
      return spec.name === 'rule' ? `block.'; drop table x; --.item` : hostile
    case 'texts':
      return [`a.'; drop table x; --`]
    case 'text_or_expression':
      return `=a == ${JSON.stringify(hostile)} and b == ')'`
    case 'expression':
      return `a & ${JSON.stringify(hostile)}`
    case 'regexp':
      return `(?P<select>'")`
    case 'date_format':
      return `%Y'"`
    case 'boolean':
      return spec.default ?? false
    case 'dataset':
      return 'hostile'
    case 'geojson':
      return square
    default:
      return processor.examples[0]!.args[spec.name]
  }
}

const square = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ],
  ],
}

/** What a step joins that is given nothing but hostile texts. */
const hostileDataset = async (t: TestContext) =>
  (await buildExamples(t, { hostile: [{ a: `x'"`, shape: square }] })).hostile!

for (const processor of processors.values()) {
  test(`${processor.name} does what its examples say`, async (t) => {
    assert.ok(processor.examples.length > 0)
    for (const example of processor.examples) {
      validateProcessor(processor.name, example.args)
      const step = { processor_uid: 'pr_example', name: processor.name, args: example.args }
      const datasets = await buildExamples(t, example.datasets)
      const records = await runProcessors(t, [step], example.input, datasets, example.answers)
      const outputs = example.output === null ? [] : [example.output].flat()
      // What an example names as undefined is gone.
      const expected = outputs.map((output) =>
        Object.fromEntries(
          Object.entries({ ...example.input, ...output }).filter(([, value]) => value !== undefined),
        ),
      )
      assert.deepEqual(records, expected, JSON.stringify(example))
    }
  })

  test(`${processor.name} treats hostile texts as texts`, async (t) => {
    const hostile = `'"); drop table x; --\\1 $1 %s`
    const args: JsonObject = {}
    for (const spec of processor.args) {
      const value = hostileArgument(processor, spec, hostile)
      if (value !== undefined) args[spec.name] = value
    }
    validateProcessor(processor.name, args)
    const joins = processor.args.some((spec) => spec.type === 'dataset')
    const datasets: Record<string, JoinedDataset> = joins ? { hostile: await hostileDataset(t) } : {}
    const stack = [{ processor_uid: 'pr_hostile', name: processor.name, args }]
    const records = await runProcessors(t, stack, { a: hostile, b: 'kept' }, datasets)
    for (const record of records) {
      assert.equal(record.b, 'kept')
      for (const name of Object.keys(record)) assert.match(name, /^[a-z][a-z0-9_]*$/)
    }
  })

  test(`${processor.name} names a missing argument and a field that is not there`, () => {
    for (const spec of processor.args.filter((candidate) => candidate.is_mandatory)) {
      const { [spec.name]: _, ...others } = processor.examples[0]!.args
      assert.throws(() => validateProcessor(processor.name, others), isKey('ingest.missing_argument'))
      assert.throws(
        () => validateProcessor(processor.name, { ...others, [spec.name]: { no: 'value' } }),
        isKey('ingest.invalid_argument'),
      )
    }
    const args = { ...processor.examples[0]!.args }
    const field = processor.args.find((candidate) => candidate.type === 'field')
    if (!field) return
    args[field.name] = 'nowhere'
    const compile = () =>
      compileProjection(
        [{ name: 'a', label: 'a', engineType: 'VARCHAR' }],
        {
          processors: [{ processor_uid: 'pr_x', name: processor.name, args }],
          fieldSpecifications: [],
          datasets: {},
        },
        new Map(),
      )
    assert.throws(compile, isKey('ingest.processor_failed'))
  })
}

function isKey(key: ErrorKey) {
  return (error: unknown) => error instanceof AppError && error.key === key
}

const step = (name: string, args: JsonObject | string[], uid = `pr_${name}`): ConfiguredStep => ({
  processor_uid: uid,
  name,
  args,
})

test('processors see what the ones before them made, and types are inferred from what they leave', async (t) => {
  const source = sourceOf(t, 'a.csv', 'day,place\n09/05/2031,Lyon (69)\n10/05/2031,Paris (75)\n', 'csvfile')
  const built = await runBuild(t, [source], {
    processors: [
      step('date_normalizer', { field: 'day', format: '%d/%m/%Y' }),
      step('string_extractor', { field: 'place', regexp: '(?P<city>\\w+) \\((?P<code>\\d+)\\)' }),
      step('concat', { left: 'code', right: 'city', separator: '-', output_field: 'key' }),
      step('regexp_replace', { field: 'key', regexp: '^\\d+-', new: '' }),
    ],
  })
  assert.deepEqual(fieldTypesOf(built), {
    day: 'date',
    place: 'text',
    city: 'text',
    code: 'int',
    key: 'text',
  })
  assert.deepEqual(await readRecords(built), [
    { day: '2031-05-09', place: 'Lyon (69)', city: 'Lyon', code: 69, key: 'Lyon' },
    { day: '2031-05-10', place: 'Paris (75)', city: 'Paris', code: 75, key: 'Paris' },
  ])
})

test('records left out are counted, values a processor cannot handle are record errors', async (t) => {
  const source = sourceOf(
    t,
    'a.csv',
    'keep,lat,lon,day\nyes,45.7,4.8,01/01/2031\nno,1,1,01/01/2031\nyes,95,4.8,soon\nyes,,,\n',
    'csvfile',
  )
  const built = await runBuild(t, [source], {
    processors: [
      step('skip_record', { field: 'keep', value: 'no' }),
      step('create_geopoint', { latitude: 'lat', longitude: 'lon', output_field: 'place' }),
      step('date_normalizer', { field: 'day', format: '%d/%m/%Y' }),
    ],
  })
  assert.equal(sealedManifest(built).sources[0]!.rows_filtered, 1)
  assert.deepEqual(
    (await readRecords(built)).map((record) => [record.place, record.day]),
    [
      [{ lon: 4.8, lat: 45.7 }, '2031-01-01'],
      [null, null],
      [null, null],
    ],
  )
  const errors = await readSideFile(built, 'record_errors')
  assert.deepEqual(
    errors.map((error) => [error.processor_uid, error.field, error.value]),
    [
      ['pr_create_geopoint', 'place', '95, 4.8'],
      ['pr_date_normalizer', 'day', 'soon'],
    ],
  )
  assert.equal(sealedManifest(built).record_errors.count, 2)
})

test('record errors are counted exactly and kept as samples', async (t) => {
  const rows = Array.from({ length: 5000 }, (_, n) => `${n},x${n}`).join('\n')
  const built = await runBuild(t, [sourceOf(t, 'a.csv', `n,v\n${rows}\n`, 'csvfile')], {
    fieldSpecifications: [step('type', { field: 'v', type: 'double' })],
    limits: { maxErrorSamples: 7, sliceBytes: 4096 },
  })
  const { count, sampled } = sealedManifest(built).record_errors
  assert.deepEqual({ count, sampled }, { count: 5000, sampled: 7 })
  assert.equal((await readSideFile(built, 'record_errors')).length, 7)
})

test('field specifications rename, type, annotate, describe, order and delete', async (t) => {
  const source = sourceOf(
    t,
    'a.csv',
    'Code postal,Tags,Secret,Stamp\n75001,a; b;;c,x,2031-05-09\n',
    'csvfile',
  )
  const built = await runBuild(t, [source], {
    fieldSpecifications: [
      step('rename', { from_name: 'code_postal', to_name: 'zip', label: 'Zip code' }),
      step('type', { field: 'zip', type: 'text' }),
      step('annotate', { field: 'zip', annotation: 'facet' }),
      step('annotate', { field: 'tags', annotation: 'multivalued', args: [';'] }),
      step('description', { field: 'zip', description: 'Where it is' }),
      step('type', { field: 'stamp', type: 'datetime' }),
      step('delete', { field: 'secret' }),
      step('order', ['stamp', 'zip']),
    ],
  })
  assert.deepEqual(
    sealedManifest(built).fields.map((field) => [
      field.name,
      field.label,
      field.type,
      field.description,
      field.annotations,
    ]),
    [
      ['stamp', 'Stamp', 'datetime', null, {}],
      ['zip', 'Zip code', 'text', 'Where it is', { facet: [] }],
      ['tags', 'Tags', 'text', null, { multivalued: [';'] }],
    ],
  )
  const [record] = await readRecords(built)
  assert.deepEqual([record!.zip, record!.tags], ['75001', ['a', 'b', 'c']])
})

const conversions: [type: string, given: string[], stored: unknown[]][] = [
  [
    'int',
    [
      '12',
      ' 12 ',
      '13.9',
      '-13.9',
      '1,5',
      '1e3',
      '9223372036854775807',
      '9223372036854775808',
      'x',
      '1 234',
      '12 34',
    ],
    [12, 12, 13, -13, 1, 1000, 9223372036854776000, null, null, 1234, null],
  ],
  [
    'double',
    [
      '1.5',
      '1,5',
      '-2',
      '1e3',
      'NaN',
      'Infinity',
      'x',
      ' 3 ',
      '.5',
      '1 234,5',
      '-12\u202f345\u00a0678,9',
      '1 23',
      '1 2345',
    ],
    [1.5, 1.5, -2, 1000, null, null, null, 3, 0.5, 1234.5, -12345678.9, null, null],
  ],
  [
    'date',
    [
      '2031-05-09',
      '2031/05/09',
      '09/05/2031',
      '2031-05-09T10:00:00',
      'infinity',
      'epoch',
      '31/02/2031',
      'x',
      ' 2031-05-09 ',
    ],
    ['2031-05-09', '2031-05-09', '2031-05-09', '2031-05-09', null, null, null, null, '2031-05-09'],
  ],
  [
    'geo_point_2d',
    ['45.7,4.8', '45.7, 4.8', '95,4', '4', 'x,y', '45.7,4.8,100', '1,181', ',', '-90,-180'],
    [
      { lon: 4.8, lat: 45.7 },
      { lon: 4.8, lat: 45.7 },
      null,
      null,
      null,
      { lon: 4.8, lat: 45.7 },
      null,
      null,
      { lon: -180, lat: -90 },
    ],
  ],
  [
    'text',
    ['007', ' x ', '1e3', 'é', 'NaN', 'true', '-', '0', '+1'],
    ['007', ' x ', '1e3', 'é', 'NaN', 'true', '-', '0', '+1'],
  ],
]
test('a type that is set converts what it can and makes record errors of the rest', async (t) => {
  const header = conversions.map(([type]) => `v_${type}`).join(',')
  const most = Math.max(...conversions.map(([, given]) => given.length))
  const rows = Array.from({ length: most }, (_, row) =>
    conversions.map(([, given]) => `"${given[row] ?? ''}"`).join(','),
  )
  const built = await runBuild(t, [sourceOf(t, 'a.csv', `${header}\n${rows.join('\n')}\n`, 'csvfile')], {
    fieldSpecifications: conversions.map(([type]) => step('type', { field: `v_${type}`, type })),
  })
  const records = await readRecords(built)
  let failures = 0
  for (const [type, given, stored] of conversions) {
    for (const [row, expected] of stored.entries()) {
      assert.deepEqual(records[row]![`v_${type}`], expected, `${type} of ${given[row]}`)
      if (expected === null) failures++
    }
  }
  assert.equal(sealedManifest(built).record_errors.count, failures)
})

const badSpecifications: [spec: ConfiguredStep, key: ErrorKey][] = [
  [step('explode', { field: 'a' }), 'ingest.unknown_processor'],
  [step('rename', { to_name: 'b' }), 'ingest.missing_argument'],
  [step('rename', { from_name: 'a', to_name: '_id' }), 'ingest.invalid_argument'],
  [step('rename', { from_name: 'a', to_name: 'x"; drop' }), 'ingest.invalid_argument'],
  [step('type', { field: 'a', type: 'money' }), 'ingest.invalid_argument'],
  [step('annotate', { field: 'a', annotation: '__proto__' }), 'ingest.invalid_argument'],
  [step('annotate', { field: 'a', annotation: 'multivalued', args: [] }), 'ingest.invalid_argument'],
  [step('annotate', { field: 'a', annotation: 'unit', args: ['parsec'] }), 'ingest.invalid_argument'],
  [step('order', { field: 'a' }), 'ingest.invalid_argument'],
]
test('field specifications that cannot be are refused when they are configured', () => {
  for (const [{ name, args }, key] of badSpecifications)
    assert.throws(
      () => validateFieldSpecification(name, args as JsonObject),
      isKey(key),
      JSON.stringify([name, args]),
    )
})

test('a specification of a field that is not there fails the build and says which', async (t) => {
  const source = sourceOf(t, 'a.csv', 'a\n1\n', 'csvfile')
  for (const args of [{ from_name: 'b', to_name: 'c' }, { from_name: 'c' }] as JsonObject[]) {
    const built = await runBuild(t, [source], { fieldSpecifications: [step('rename', args, 'pr_rename')] })
    assert.deepEqual(built.error, {
      key: 'ingest.processor_failed',
      params: { processor_id: 'pr_rename', field: String(args.from_name), msg: 'field not found' },
    })
  }
})

const withIds = { fieldSpecifications: [step('annotate', { field: 'id', annotation: 'id' })] }
const twins = `id,v\n${['1,a', '2,b', '1,c', '3,d', '1,a', '2,b', ',e', ',f'].join('\n')}\n`

test('with id fields the later record replaces the earlier, across slices, and is counted', async (t) => {
  for (const sliceBytes of [8, 1 << 20]) {
    const built = await runBuild(t, [sourceOf(t, 'a.csv', twins, 'csvfile')], {
      ...withIds,
      limits: { sliceBytes },
    })
    assert.deepEqual(
      (await readRecords(built)).map((record) => record.v),
      ['d', 'a', 'b', 'f'],
    )
    assert.equal(sealedManifest(built).sources[0]!.rows_replaced, 4)
    assert.equal(sealedManifest(built).records_count, 4)
  }
})

test('without id fields twins are all kept, with ids that do not depend on the cut', async (t) => {
  const ids = new Set<string>()
  for (const sliceBytes of [8, 16, 1 << 20]) {
    const built = await runBuild(t, [sourceOf(t, 'a.csv', twins, 'csvfile')], { limits: { sliceBytes } })
    const records = await readWithIds(built)
    assert.equal(records.length, 8)
    assert.equal(new Set(records.map((record) => record._id)).size, 8)
    ids.add(JSON.stringify(records.map((record) => record._id)))
  }
  assert.equal(ids.size, 1)
})

test('ids stay the same when fields are renamed, typed or ordered, and differ when values move between fields', async (t) => {
  const idsOf = async (text: string, fieldSpecifications: ConfiguredStep[] = []) => {
    const built = await runBuild(t, [sourceOf(t, 'a.csv', text, 'csvfile')], { fieldSpecifications })
    return (await readWithIds(built)).map((record) => record._id)
  }
  const plain = await idsOf('a,b\n1,2\n')
  assert.deepEqual(
    await idsOf('a,b\n1,2\n', [
      step('rename', { from_name: 'a', to_name: 'c' }),
      step('type', { field: 'b', type: 'text' }),
      step('order', ['b']),
    ]),
    plain,
  )
  assert.notDeepEqual(await idsOf('a,b\n12,\n'), await idsOf('a,b\n1,2\n'))
  assert.notDeepEqual(await idsOf('a,b\n12,\n'), await idsOf('a,b\n,12\n'))
})

test('ids of several fields are never confused', async (t) => {
  const source = sourceOf(t, 'a.csv', 'x,y\na,bc\nab,c\n1:a,b\n1,:ab\n,ab\nab,\n-,x\n,-x\n', 'csvfile')
  const built = await runBuild(t, [source], {
    fieldSpecifications: ['x', 'y'].map((field) => step('annotate', { field, annotation: 'id' })),
  })
  assert.equal(sealedManifest(built).records_count, 8)
})
