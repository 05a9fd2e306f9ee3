/** What processors cost: a publish with 0, 5 and 20 of them, and the same 20 interpreted per record in JavaScript. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cityInput, type Input, workDirectory } from '../inputs/inputs.ts'
import { interpret } from '../peers/interpreter.ts'
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

  const times = new Map<number, number[]>(stacks.map((count) => [count, []]))
  const extract = new Map<number, number[]>(stacks.map((count) => [count, []]))
  await withServer(async (server) => {
    const url = await uploadInput(server, input)
    for (let round = 0; round < rounds; round++) {
      for (const count of round % 2 === 0 ? stacks : stacks.toReversed()) {
        const dataset = await server.createDataset(`city-${count}-${round}`, {
          filename: 'requests.csv',
          content: { url },
          extractor: 'csvfile',
          processors: twentySteps.slice(0, count),
          fieldSpecifications: facetFields.map((field) => ({
            name: 'annotate',
            args: { field, annotation: 'facet' },
          })),
        })
        const { ms, job } = await publishOnce(server, dataset, input.rows)
        await deleteDataset(server, dataset)
        times.get(count)!.push(ms)
        extract.get(count)!.push(extractMs(job))
        say(`pipeline: ${count} processors ${tidy(ms / 1000)} s (${phasesOf(job)})`)
      }
    }
  })
  const size = `${input.rows.toLocaleString('en-US')} records`
  for (const count of stacks)
    find(`publish with ${count} processors (${size})`, {
      goal: '',
      measured: `${tidy(median(times.get(count)!) / 1000)} s, of that extracting ${tidy(median(extract.get(count)!) / 1000)} s`,
      isMet: null,
    })
  const ratio = (counts: Map<number, number[]>, count: number) =>
    median(counts.get(count)!.map((ms, round) => ms / counts.get(0)![round]!))
  find('5 processors against none', { goal: '', measured: `${tidy(ratio(times, 5))} times`, isMet: null })
  find('20 processors against none', atMost(2.5, ratio(times, 20), 'times'))
  find('20 processors against none, extracting alone', {
    goal: '',
    measured: `${tidy(ratio(extract, 20))} times`,
    isMet: null,
  })

  const interpreted = await interpretedMs(input, rounds)
  const compiled = Math.max(1, median(times.get(20)!.map((ms, round) => ms - times.get(0)![round]!)))
  find(
    `the 20 alone: interpreted per record (${tidy(interpreted / 1000)} s) against compiled (${tidy(compiled / 1000)} s)`,
    atLeast(10, interpreted / compiled, 'times'),
  )
  return findings
}

function extractMs({ progresses }: { readonly progresses: readonly Record<string, unknown>[] }): number {
  return Number(progresses.find(({ step }) => step === 'extract')?.duration_ms ?? Number.NaN)
}

/** What the steps add to reading and writing the records in JavaScript. */
async function interpretedMs(input: Input, rounds: number): Promise<number> {
  const target = join(workDirectory, 'interpreted.csv')
  const differences: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const plain = await interpret(input.path, target, [])
      const stepped = await interpret(input.path, target, twentySteps)
      differences.push(stepped.ms - plain.ms)
      say(`pipeline: interpreted ${tidy(stepped.ms / 1000)} s, without steps ${tidy(plain.ms / 1000)} s`)
      if (stepped.records !== plain.records) throw new Error(`${stepped.records} records interpreted`)
    }
  } finally {
    rmSync(target, { force: true })
  }
  return median(differences)
}
