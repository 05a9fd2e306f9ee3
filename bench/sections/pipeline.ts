/** What processors cost: a publish with 0, 5 and 20 of them, and the same 20 interpreted per record in JavaScript. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type CreatedDataset, explorePath } from '../../test/support/http-client.ts'
import type { TestServer } from '../../test/support/server.ts'
import { cityInput, type Input, workDirectory } from '../inputs/inputs.ts'
import { type Interpreted, interpret } from '../peers/interpreter.ts'
import { atLeast, atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { deleteDataset, facetFields, phasesOf, publishOnce, uploadInput, withServer } from '../server.ts'
import { median } from '../stats.ts'

export interface Step {
  readonly name: string
  readonly args: Readonly<Record<string, string | number | readonly string[]>>
}

/** The first five are those of the shorter stack. All leave every record, so that both sides write as many. */
export const twentySteps: readonly Step[] = [
  { name: 'string_replace', args: { field: 'agency_name', old: 'Department', new: 'Dept.' } },
  { name: 'concat', args: { left: 'borough', right: 'city', separator: ', ', output_field: 'city' } },
  { name: 'split', args: { field: 'community_board', separator: ' ', index: 1, output_field: 'board' } },
  { name: 'create_geopoint', args: { latitude: 'latitude', longitude: 'longitude', output_field: 'place' } },
  {
    name: 'expression',
    args: {
      output_field: 'complaint_type',
      expression: "capitalize(complaint_type) & ' / ' & lower(descriptor)",
    },
  },
  { name: 'regexp_replace', args: { field: 'incident_address', regexp: '\\s+', new: ' ' } },
  { name: 'regexp_replace', args: { field: 'resolution_description', regexp: '[0-9]+', new: '#' } },
  { name: 'string_extractor', args: { field: 'descriptor', regexp: '\\((?P<code>\\w+)\\)' } },
  { name: 'expression', args: { output_field: 'is_open', expression: "status == 'Closed' ? 'no' : 'yes'" } },
  { name: 'expression', args: { output_field: 'x_coordinate', expression: 'x_coordinate * 0.3048' } },
  {
    name: 'expression',
    args: { output_field: 'y_coordinate', expression: 'round(y_coordinate * 0.3048, 1)' },
  },
  {
    name: 'expression',
    args: { output_field: 'hours', expression: "datediff(created_date, closed_date, 'hour')" },
  },
  {
    name: 'expression',
    args: { output_field: 'landmark', expression: 'ifnull(landmark, upper(street_name))' },
  },
  {
    name: 'meta_expression',
    args: { expression: 'trim(X)', fields: ['street_name', 'cross_street_1', 'cross_street_2'] },
  },
  {
    name: 'meta_expression',
    args: { expression: "X == 'Unspecified' ? null : X", fields: ['facility_type', 'location_type'] },
  },
  { name: 'unicode_normalize', args: { fields: ['city', 'landmark'] } },
  { name: 'convert_number', args: { field: 'incident_zip' } },
  { name: 'string_replace', args: { field: 'status', old: 'Closed', new: 'Done' } },
  { name: 'deduplicate_multivalued', args: { field: 'city', separator: ', ', output_field: 'city' } },
  { name: 'skip_record', args: { field: 'unique_key', value: '=length(unique_key) < 3' } },
]
const stacks = [0, 5, 20] as const

export async function pipelineSection({ scale, rounds }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  const findings: Finding[] = []
  const find = (name: string, rest: Omit<Finding, 'section' | 'name'>) =>
    findings.push({ section: 'pipeline', name, ...rest })

  const runs = new Map<number, CompiledRun[]>(stacks.map((count) => [count, []]))
  const types = await withServer(async (server) => {
    const found = await checkSame(server)
    const url = await uploadInput(server, input)
    for (let round = 0; round < rounds; round++) {
      for (const count of round % 2 === 0 ? stacks : stacks.toReversed()) {
        const dataset = await createStack(server, `city-${count}-${round}`, url, count)
        const { ms, processorSeconds, job } = await publishOnce(server, dataset, input.rows)
        await deleteDataset(server, dataset)
        runs.get(count)!.push({ ms, extractMs: extractMs(job), processorSeconds })
        say(`pipeline: ${count} processors ${tidy(ms / 1000)} s (${phasesOf(job)})`)
      }
    }
    return found
  })
  const of = (count: number, key: keyof CompiledRun) => runs.get(count)!.map((run) => run[key])
  const size = `${input.rows.toLocaleString('en-US')} records`
  for (const count of stacks)
    find(`publish with ${count} processors (${size})`, {
      goal: '',
      measured: `${tidy(median(of(count, 'ms')) / 1000)} s, of that extracting ${tidy(median(of(count, 'extractMs')) / 1000)} s`,
      isMet: null,
    })
  const ratio = (count: number, key: keyof CompiledRun) =>
    median(of(count, key).map((value, round) => value / of(0, key)[round]!))
  find('5 processors against none', { goal: '', measured: `${tidy(ratio(5, 'ms'))} times`, isMet: null })
  find('20 processors against none', atMost(2.5, ratio(20, 'ms'), 'times'))
  find('20 processors against none, extracting alone', {
    goal: '',
    measured: `${tidy(ratio(20, 'extractMs'))} times`,
    isMet: null,
  })

  const interpreted = await interpretedCost(input, types, rounds)
  const compiled = (key: keyof CompiledRun) =>
    median(of(20, key).map((value, round) => value - of(0, key)[round]!))
  const extracting = Math.max(1, compiled('extractMs'))
  find(
    `the 20 alone, extracting: interpreted per record (${tidy(interpreted.ms / 1000)} s) against compiled (${tidy(extracting / 1000)} s)`,
    atLeast(10, interpreted.ms / extracting, 'times'),
  )
  find('the 20 alone, in seconds of a processor', {
    goal: '',
    measured: `interpreted ${tidy(interpreted.processorSeconds)}, compiled ${tidy(compiled('processorSeconds'))} with the index of the fields that they add`,
    isMet: null,
  })
  return findings
}

interface CompiledRun {
  readonly ms: number
  readonly extractMs: number
  /** Of the whole publish. */
  readonly processorSeconds: number
}

function createStack(
  server: TestServer,
  datasetId: string,
  url: string,
  count: number,
): Promise<CreatedDataset> {
  return server.createDataset(datasetId, {
    filename: 'requests.csv',
    content: { url },
    extractor: 'csvfile',
    processors: twentySteps.slice(0, count),
    fieldSpecifications: facetFields.map((field) => ({
      name: 'annotate',
      args: { field, annotation: 'facet' },
    })),
  })
}

function extractMs({ progresses }: { readonly progresses: readonly Record<string, unknown>[] }): number {
  return Number(progresses.find(({ step }) => step === 'extract')?.duration_ms ?? Number.NaN)
}

/** Types of the fields, by the number of processors. */
type Types = ReadonlyMap<number, ReadonlyMap<string, string>>

/**
 * Both sides give the same records, value by value, and the same number of errors, or nothing is compared. On the smaller
 * table, with every step and with none.
 */
async function checkSame(server: TestServer): Promise<Types> {
  const input = await cityInput('small')
  const url = await uploadInput(server, input)
  const types = new Map<number, ReadonlyMap<string, string>>()
  for (const count of [0, 20]) {
    const datasetId = `same-${count}`
    const dataset = await createStack(server, datasetId, url, count)
    const { job } = await publishOnce(server, dataset, input.rows)
    const { json } = await server.expect(200, 'GET', `${explorePath}/${datasetId}`)
    const known = new Map(
      (json.fields as { name: string; type: string }[]).map(({ name, type }) => [name, type] as const),
    )
    types.set(count, known)
    const interpreted = await interpret(input.path, target, twentySteps.slice(0, count), known)
    const errors = Number(job.result.records_errors)
    if (errors !== interpreted.errors)
      throw new Error(`${errors} errors of records against ${interpreted.errors} interpreted`)
    const compiled = await fetch(`${server.url}${explorePath}/${datasetId}/exports/jsonl`)
    sameRecords(await compiled.text(), readFileSync(target, 'utf8'), [...known.keys()])
    await deleteDataset(server, dataset)
  }
  say('pipeline: compiled and interpreted give the same records')
  return types
}

function sameRecords(compiled: string, interpreted: string, names: readonly string[]): void {
  const [ours, theirs] = [compiled, interpreted].map((text) => text.trimEnd().split('\n'))
  if (ours!.length !== theirs!.length)
    throw new Error(`${ours!.length} records, ${theirs!.length} interpreted`)
  for (const [index, line] of ours!.entries()) {
    const [one, other] = [line, theirs![index]!].map((text) => JSON.parse(text) as Record<string, unknown>)
    for (const name of names)
      if (!isDeepStrictEqual(one![name], other![name]))
        throw new Error(
          `record ${index}: ${name} is ${JSON.stringify(one![name])}, interpreted ${JSON.stringify(other![name])}`,
        )
  }
}

const target = join(workDirectory, 'interpreted.jsonl')

/** What the steps add to reading, typing and writing the records in JavaScript. */
async function interpretedCost(
  input: Input,
  types: Types,
  rounds: number,
): Promise<Pick<Interpreted, 'ms' | 'processorSeconds'>> {
  const differences: Pick<Interpreted, 'ms' | 'processorSeconds'>[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const plain = await interpret(input.path, target, [], types.get(0)!)
      const stepped = await interpret(input.path, target, twentySteps, types.get(20)!)
      if (stepped.records !== plain.records) throw new Error(`${stepped.records} records interpreted`)
      differences.push({
        ms: stepped.ms - plain.ms,
        processorSeconds: stepped.processorSeconds - plain.processorSeconds,
      })
      say(`pipeline: interpreted ${tidy(stepped.ms / 1000)} s, without steps ${tidy(plain.ms / 1000)} s`)
    }
  } finally {
    rmSync(target, { force: true })
  }
  return {
    ms: median(differences.map(({ ms }) => ms)),
    processorSeconds: median(differences.map(({ processorSeconds }) => processorSeconds)),
  }
}
