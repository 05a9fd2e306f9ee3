/** Writes the table of functions in docs/expressions.md from the functions themselves. A test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expressionFunctions, usageOf } from '../src/ingest/expressions/functions.ts'
import { inCell } from './markdown.ts'

const target = new URL('../docs/expressions.md', import.meta.url)
const heading = '## Functions\n'

/** The page, as it should be: what stands before the functions is written by hand. */
export function expressionDocumentation(): string {
  const page = readFileSync(target, 'utf8')
  const rows = Object.entries(expressionFunctions).map(([name, { doc, examples }]) => {
    const shown = examples.map(
      ([expression, result]) =>
        `\`${inCell(expression)}\` is ${result === null ? 'empty' : `\`${inCell(result)}\``}`,
    )
    return `| \`${inCell(usageOf(name))}\` | ${inCell(doc)} | ${shown.join('; ')} |`
  })
  const table = ['| function | value | examples |', '| --- | --- | --- |', ...rows].join('\n')
  return `${page.slice(0, page.indexOf(heading))}${heading}
This table is written by \`scripts/expression-docs.ts\` from the functions; the examples run as tests.

${table}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, expressionDocumentation())
