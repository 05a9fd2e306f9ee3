/** Writes docs/extractors.md from the registry of extractors. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { extractors } from '../src/ingest/index.ts'
import { code, inCell } from './markdown.ts'

const target = new URL('../docs/extractors.md', import.meta.url)

/** The page, as it should be. */
export function extractorDocumentation(): string {
  const sections = [...extractors.values()].map(({ type, label, parameters }) => {
    const rows = parameters.map((parameter) => {
      const fallback = parameter.default === null ? '' : code(parameter.default)
      const choices = parameter.choices ? `: ${parameter.choices.join(', ')}` : ''
      return `| \`${parameter.name}\` | ${parameter.type} | ${fallback} | ${inCell(parameter.description + choices)} |`
    })
    return [
      `## ${type}`,
      '',
      `${label}.`,
      '',
      '| parameter | type | default | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n')
  })
  return [introduction, ...sections, types].join('\n')
}

const introduction = `# Extractors

An extractor reads one resource: a file, uploaded or fetched. It is guessed from the source's bytes and name unless the
resource's \`type\` names it; its parameters are the resource's \`params\` (\`broadsheet publish --param name=value\`,
\`GET /extractors\`; where sources come from: [sources.md](sources.md)). A parameter of the wrong kind fails the publish by name; one that the extractor does not know is kept
and ignored. Each source may be gzipped. Spreadsheets, archives, PDF and XML are refused by name.

This page is written by \`scripts/extractor-docs.ts\` from the registry.
`

const types = `## Types of text values

The type of a CSV or JSON column is found over *all* its values; one value that does not fit makes the column text, so
that nothing is lost. Found are: whole numbers (not with leading zeros: codes stay text), decimal numbers with a point,
\`true\`/\`false\`, dates and times as \`2031-12-24\` and \`2031-12-24T18:00:00+01:00\`, points as \`lat,lon\`, GeoJSON
geometries.

What could be read in two ways is left as text until somebody decides: \`3,5\` and \`24/12/2031\`. A field specification
decides; what it cannot convert becomes empty and a record error (\`broadsheet errors DATASET\`):

\`\`\`sh
curl -u admin:PASSWORD -H 'content-type: application/json' \\
  -d '{"name": "type", "args": {"field": "price", "type": "double"}}' \\
  http://127.0.0.1:8080/api/management/v2/datasets/DATASET/fields_specifications/
\`\`\`

| type | is also read from |
| --- | --- |
| int | decimal numbers, which are cut off |
| double | a comma as decimal sign |
| boolean | yes, y, t, 1, oui, on; no, n, f, 0, non, off |
| date, datetime | day first: \`24/12/2031\`, \`24/12/2031 18:00\`, \`24/12/2031 18:00:30\` |
`

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, extractorDocumentation())
