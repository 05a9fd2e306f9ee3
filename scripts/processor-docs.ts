/** Writes docs/processors.md from the registry of processors. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { processors } from '../src/ingest/index.ts'
import { code, inCell } from './markdown.ts'

const target = new URL('../docs/processors.md', import.meta.url)

/** The page, as it should be. */
export function processorDocumentation(): string {
  const sections = [...processors.values()].map((processor) => {
    const args = processor.args.map((spec) => {
      const fallback = spec.default === undefined || spec.default === '' ? '' : code(spec.default)
      const need = spec.is_mandatory ? 'yes' : ''
      return `| \`${spec.name}\` | ${spec.type} | ${need} | ${fallback} | ${inCell(spec.description)} |`
    })
    const examples = processor.examples.map(
      ({ args: given, input, output }) =>
        `| ${code(given)} | ${code(input)} | ${output === null ? 'left out' : code(output)} |`,
    )
    return [
      `## ${processor.name}`,
      '',
      processor.doc,
      '',
      '| argument | type | mandatory | default | meaning |',
      '| --- | --- | --- | --- | --- |',
      ...args,
      '',
      '| with | a record of | becomes |',
      '| --- | --- | --- |',
      ...examples,
      '',
    ].join('\n')
  })
  return [introduction, ...sections].join('\n')
}

const introduction = `# Processors

A processor is one configured step between the extraction of a resource and its fields: it changes values, makes fields
or leaves records out. A dataset's processors run in their order, each on what the one before left, compiled into one
pass over the data (\`src/ingest/processors/\`). A field that is not there, a regular expression or a date format that
cannot be read fails the publish with the name of the processor; a value that a processor cannot handle becomes empty
and a record error. Names of new fields are made safe: lower-case letters, digits and underscores.

This page is written by \`scripts/processor-docs.ts\` from the registry; the examples run as tests.
`

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, processorDocumentation())
