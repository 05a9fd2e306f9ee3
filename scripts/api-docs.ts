/** Writes docs/api.md from the OpenAPI document of a server that it starts. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchServer } from '../test/support/server.ts'
import { inCell } from './markdown.ts'

const target = new URL('../docs/api.md', import.meta.url)

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
  }[]
}

interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** The page, as it should be: one table per tag, in the order of the document. */
export function apiDocumentation(document: OpenApi): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'head')
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  )
  const sections = document.tags.map(({ name, description }) => {
    const own = operations.filter(({ tags }) => tags?.includes(name))
    if (own.length === 0) return ''
    return [
      `## ${name}`,
      '',
      `${description}.`,
      '',
      '| | | parameters | needs |',
      '| --- | --- | --- | --- |',
      ...own.map(row),
      '',
    ].join('\n')
  })
  return [introduction, ...sections.filter((section) => section !== '')].join('\n')
}

function row(operation: Operation & { path: string; method: string }): string {
  const { method, summary = '', description = '', parameters = [] } = operation
  const queries = parameters
    // Where answers are in a language is said once, above.
    .filter((parameter) => parameter.in !== 'path' && parameter.name !== 'accept-language')
    .map(({ name }) => `\`${name}\``)
  const need = /(?:^| )Needs (.*)\.$/.exec(description)?.[1] ?? ''
  const path = operation.path
    .replace(/^\/api\/(management\/v2|automation\/v1\.0)/, '')
    .replace('/api/explore/v2.1/catalog/datasets/{dataset_id}', '…/{dataset_id}')
  return `| \`${method} ${path}\` | ${inCell(summary)} | ${queries.join(' ')} | ${need} |`
}

const introduction = `# The API

Every route of the server. A running server describes them in full, with every parameter, body and answer:
\`/api/openapi.json\` (OpenAPI 3.1) and, to browse, \`/api/docs\`.

- **Management API** under \`/api/management/v2\` (left out in the tables below): everything that changes something. It
  answers nobody without credentials: \`Authorization: Apikey <key>\`, \`?apikey=<key>\`, or basic with user and password.
- **Automation API** under \`/api/automation/v1.0\` (left out below, too): the same for the platform's own clients
  ([automation-api.md](automation-api.md)).
- **Search API** under \`/api/explore/v2.1\`: what is published, for anyone who may see it. The language of \`select\`,
  \`where\`, \`group_by\` and \`order_by\` is [ODSQL](odsql.md).
- Paths work with and without a slash at their end. Errors: [errors.md](errors.md). Lists take \`rows\` and \`page\`.
- Labels (of extractors, processors, types of harvesters, metadata templates that come with the server) and messages (of errors,
  of gates, of values that could not be handled) are in English, or in French where \`Accept-Language\` prefers it;
  \`Content-Language\` says which. Names, codes, keys and values are the same in every language. What is kept, such as the error
  of a job, is said in the language of whoever reads it. Files, mails, webhooks and the log are in English.
- An action answers \`{"job_id": ...}\` at once; the job says how far it is and how it ended.

This page is written by \`scripts/api-docs.ts\` from the OpenAPI document.
`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { server, clear } = await launchServer()
  try {
    const { json } = await server.expect(200, 'GET', '/api/openapi.json')
    writeFileSync(target, apiDocumentation(json))
  } finally {
    await server.stop()
    await clear()
  }
}
