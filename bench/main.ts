/**
 * npm run bench -- [section ...] [--scale full|small] [--rounds N] [--millions 1,5,10] [--peers sqlite,postgresql|none] [--out FILE]
 *
 * Measures the real server over HTTP beside its peers and prints a table of ratios. All sections when none is named; what
 * they are: README.md. Inputs are made once, from a seed, in bench/.work. Only ratios taken in one run mean anything: machines
 * differ, and so does one machine from hour to hour. Two runs at a time share a data directory, and neither ends well.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Finding, machine, markdownTable, say } from './report.ts'
import type { Section } from './section.ts'
import { diffSection } from './sections/diff.ts'
import { exploreSection } from './sections/explore.ts'
import { exportSection } from './sections/exports.ts'
import { formatsSection } from './sections/formats.ts'
import { manySection } from './sections/many.ts'
import { memorySection } from './sections/memory.ts'
import { pipelineSection } from './sections/pipeline.ts'
import { protectionSection } from './sections/protection.ts'
import { publishSection } from './sections/publish.ts'
import { queriesSection } from './sections/queries.ts'
import { smallSection } from './sections/small.ts'
import { switchSection } from './sections/switch.ts'
import { webSection } from './sections/web.ts'

const sections: Readonly<Record<string, Section>> = {
  publish: publishSection,
  small: smallSection,
  queries: queriesSection,
  explore: exploreSection,
  export: exportSection,
  diff: diffSection,
  formats: formatsSection,
  many: manySection,
  memory: memorySection,
  switch: switchSection,
  protection: protectionSection,
  pipeline: pipelineSection,
  web: webSection,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: 'full' },
    rounds: { type: 'string', default: '3' },
    millions: { type: 'string', default: '1,5,10' },
    peers: { type: 'string', default: 'sqlite,postgresql' },
    out: { type: 'string' },
  },
})
const { scale } = values
const rounds = Number(values.rounds)
const millions = values.millions.split(',').filter(Boolean).map(Number)
const unknown = positionals.filter((name) => !Object.hasOwn(sections, name))
if (
  unknown.length > 0 ||
  (scale !== 'full' && scale !== 'small') ||
  !(rounds >= 1) ||
  !millions.every((n) => n >= 1)
) {
  say(
    `usage: npm run bench -- [${Object.keys(sections).join('|')} ...] [--scale full|small] [--rounds N] [--millions 1,5,10] [--peers sqlite,postgresql|none] [--out FILE]`,
  )
  process.exit(2)
}

const findings: Finding[] = []
let failures = 0
for (const [name, run] of Object.entries(sections)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  say(`== ${name}`)
  try {
    findings.push(...(await run({ scale, rounds, millions, peers: values.peers.split(',') })))
  } catch (error) {
    failures++
    say(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`)
    findings.push({ section: name, name: 'could not be measured', goal: '', measured: '-', isMet: null })
  }
}
const text = `${machine()}; scale ${scale}\n\n${markdownTable(findings)}\n`
process.stdout.write(text)
if (values.out !== undefined) writeFileSync(values.out, text)
process.exitCode = failures > 0 ? 1 : 0
