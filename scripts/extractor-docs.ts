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
  return [introduction, ...sections, formats, types].join('\n')
}

const introduction = `# Extractors

An extractor reads one resource: a file, uploaded or fetched. It is guessed from the source's bytes and name unless the
resource's \`type\` names it; its parameters are the resource's \`params\` (\`broadsheet publish --param name=value\`,
\`GET /extractors\`; where sources come from: [sources.md](sources.md)). A parameter of the wrong kind fails the publish by
name; one that the extractor does not know is kept and ignored. Each source may be gzipped. A file of another format is refused by name, with the extractor that reads it.

What is in a source is checked before it is believed: nesting, attributes, sizes, what an archive unpacks to. XML with
entities of its own is refused ([errors.md](errors.md): \`ingest.xml_entities\`).

**Archives.** A source may be a zip, tar or tar.gz. \`archive_member\` names the member to read, or gives a pattern
(\`data_*.csv\`; \`*\` stands for any characters) for several, which become one dataset: columns are matched by name. When
it is empty, the only member is read, or all of the extractor's format. \`extract_filename\` then gives the member's name.
Names are never used as paths; an archive inside an archive, members with a password, and archives that unpack to 500
times their size are refused.

**Coordinates** are brought to WGS 84. \`epsg\` says which projection they come in; without it a shapefile's \`.prj\`, a
GeoPackage's layer and the \`crs\` member of GeoJSON do. A geometry that cannot be used, or lies nowhere on the Earth,
leaves its record without a shape, and a record error with the reason. Datums that need a grid file (NAD27, OSGB36...) are
shifted by parameters, which is right to some ten metres.

This page is written by \`scripts/extractor-docs.ts\` from the registry.
`

const formats = `## How formats become records

**Spreadsheets** (XLSX, ODS; XLS up to 64 MiB): numbers stay numbers and text stays text, leading zeros too. Formulas give
the result that is saved with them; one that was saved without a result is empty, as are error cells. Dates are told by the
number format of the cell; both calendars (1900, 1904) are known. Of merged cells the first one has the value. Rows without
a value are left out, columns without one too. XLSX and ODS are read as streams: their size does not matter.

**XML**: one element is one record. Elements in it are named by their path (\`address.city\`, field \`address_city\`),
attributes by \`element@attribute\` (field \`price_currency\`), those of the record itself by \`@attribute\`, its own text by its own
name. Prefixes are ignored. What occurs several times in some record has several values in all. Encoding: byte order
mark, else the declaration, else UTF-8; bytes that are not valid in it are an error, not replaced.

**Feeds**: RSS 2.0, RSS 1.0 and Atom give the same fields: title, link, description, content, published, updated, id,
author, categories (several values), enclosure, enclosure_type, image, geo_point; those that no entry has are left out.

**Arrow**: nested values are JSON, bytes are in hex, instants are in UTC. Buffers may be compressed (LZ4, Zstandard).

**Previews** read only the start of a file; what a type or a field turns out to be may change when all of it is read.
`

const types = `## Types of text values

The type of a CSV, JSON, XML or fixed width column is found over *all* its values; one value that does not fit makes the column text, so
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
