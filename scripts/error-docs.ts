/** Writes docs/errors.md from the error catalogue. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ErrorKey, errorCatalogue, errorSpec } from '../src/kernel/index.ts'
import { inCell } from './markdown.ts'

const target = new URL('../docs/errors.md', import.meta.url)

/** The page, as it should be: one table per room, in the order of the catalogue. */
export function errorDocumentation(): string {
  const rooms = Map.groupBy(Object.keys(errorCatalogue) as ErrorKey[], (key) => key.split('.')[0]!)
  const sections = [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([room, keys]) => section(room, keys))
  return [introduction, ...sections].join('\n')
}

function section(room: string, keys: readonly ErrorKey[]): string {
  const rows = [...keys].sort().map((key) => {
    const { status, errorKey, exploreCode, message, hint } = errorSpec(key)
    const names = [errorKey, ...(exploreCode === undefined ? [] : [exploreCode])]
    return `| \`${key}\` | ${status} | ${names.map((name) => `\`${name}\``).join(', ')} | ${cell(message)} | ${cell(hint ?? '')} |`
  })
  return [
    `## ${room}`,
    '',
    '| key | status | `error_key`, `error_code` | message | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

const introduction = `# Errors

What the APIs answer when they say no. Keys are public: never used again for something else, renamed only with a line in
the changelog. \`{placeholders}\` are filled from the facts of the case. Message and hint are in French where \`Accept-Language\`
prefers it; keys, codes and \`raw_message\` stay as they are.

**Management API**: \`status_code\`, \`error_key\` (the platform's name), \`message\`, \`raw_message\` with placeholders and
\`raw_params\` with their values; ours besides: \`error_id\` (the key below), \`hint\`, and \`errors\` where one request has
several faults.

\`\`\`json
{
  "status_code": 404,
  "error_key": "UnknownDatasetException",
  "message": "Unknown dataset: da_zzzzzz",
  "raw_message": "Unknown dataset: {dataset_uid}",
  "raw_params": {"dataset_uid": "da_zzzzzz"},
  "error_id": "catalog.unknown_dataset"
}
\`\`\`

**Search API**: \`error_code\`, \`message\`, \`key\` (below); for a faulty query also \`clause\`, \`position\` and, where a name
is close, \`hint\`. Errors without a code of their own are called after their status. 429 has the
platform's own keys instead: \`errorcode\` (10002), \`reset_time\`, \`limit_time_unit\`, \`call_limit\`, \`error\`; \`key\` and \`hint\` too.

\`\`\`json
{
  "error_code": "ODSQLError",
  "message": "Unknown field: prise at position 0. Clause(s) containing the error(s): where.",
  "key": "odsql.unknown_field",
  "clause": "where",
  "position": 0,
  "hint": "Did you mean price?"
}
\`\`\`

A job that failed carries the same object as \`error\`; the dataset's status has its message. The server's own faults are
\`http.internal\`: the log line with the answer's \`X-Request-Id\` says what happened.

This page is written by \`scripts/error-docs.ts\` from the catalogue (\`src/kernel/errors/\`).
`

function cell(text: string): string {
  return inCell(text).replaceAll('<', '&lt;')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, errorDocumentation())
