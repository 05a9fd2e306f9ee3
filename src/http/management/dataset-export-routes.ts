import { Readable } from 'node:stream'
import { create as contentDisposition } from 'content-disposition'
import { Type } from 'typebox'
import { readTemplates } from '../../catalog/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, operation } from '../openapi/index.ts'
import { type Listing, listingQuery, printListed, selectDatasets } from './dataset-list.ts'
import { expandQuery, type RegisterRoutes } from './scope.ts'

const formats = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' } as const
type Format = keyof typeof formats

const batchRows = 100

/** The list of datasets as a file. Management API section 20; its formats and parameters are ours. */
export const registerDatasetExports: RegisterRoutes = (scope, services) => {
  scope.get(
    '/export_datasets/:format',
    operation(
      'INDEX',
      'exportDatasets',
      'Export the list of datasets, published or not',
      answerBytes('text/csv', 'application/json'),
      {
        tags: ['datasets'],
        params: Type.Object({ format: Type.String({ description: Object.keys(formats).join(', ') }) }),
        querystring: Type.Object({ ...listingQuery.properties, ...expandQuery.properties }),
      },
    ),
    async (request, reply) => {
      const { format } = request.params
      if (!Object.hasOwn(formats, format)) {
        const known = Object.keys(formats).join(', ')
        throw new AppError('exports.unknown_format', { format: format.slice(0, 40), known })
      }
      const signal = disconnectSignal(reply)
      const { principal } = request
      const batches = batchesOf(request.query)
      // What is wrong with the question is said before the file begins.
      const first = await batches.next()
      const names = format === 'csv' ? await columnNames() : []
      return reply
        .type(formats[format as Format])
        .header('Content-Disposition', contentDisposition(`datasets.${format}`))
        .send(Readable.from(format === 'csv' ? csv(names) : json()))

      async function* all() {
        for (let next = first; !next.done && !signal.aborted; next = await batches.next()) yield* next.value
      }
      async function* json() {
        let separator = '[\n'
        for await (const dataset of all()) {
          yield separator + JSON.stringify(dataset)
          separator = ',\n'
        }
        yield separator === '[\n' ? '[]\n' : '\n]\n'
      }
      async function* csv(columns: readonly Column[]) {
        yield line(columns.map(({ name }) => name))
        for await (const dataset of all()) yield line(columns.map(({ of }) => cellOf(of(dataset))))
      }
      async function* batchesOf(listing: Listing) {
        for (let page = 1; ; page++) {
          const rows = await selectDatasets(services, principal, listing, { rows: batchRows, page }, signal)
          if (rows.length > 0) yield await printListed(services, rows, { principal, query: listing }, 'en')
          if (rows.length < batchRows) return
        }
      }
    },
  )

  async function columnNames(): Promise<Column[]> {
    const { all } = await readTemplates(services.control.db)
    const metas = (template: string, name: string): Column => ({
      name: `${template}.${name}`,
      of: (dataset) => (dataset.metas as Record<string, JsonObject>)[template]?.[name] ?? null,
    })
    return [
      ...['dataset_uid', 'dataset_id', 'visibility', 'created_at', 'last_modified'].map(
        (name): Column => ({ name, of: (dataset) => dataset[name] ?? null }),
      ),
      { name: 'owner', of: ({ owner }) => (owner as JsonObject).username ?? null },
      { name: 'status', of: ({ status }) => (status as JsonObject).name ?? null },
      metas('publishing', 'published'),
      ...all.flatMap((template) => template.fields.map((field) => metas(template.name, field.name))),
    ]
  }
}

interface Column {
  readonly name: string
  readonly of: (dataset: JsonObject) => JsonValue
}

function cellOf(value: JsonValue): string {
  if (value === null) return ''
  const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string')
  const text = isTexts ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value)
  // What spreadsheets take for the start of a formula: people wrote it, others open it.
  return (isTexts || typeof value === 'string') && /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
}

/** As the exports of records: semicolons, RFC 4180 quoting. */
function line(cells: readonly string[]): string {
  const quoted = cells.map((cell) => (/[";\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
  return `${quoted.join(';')}\r\n`
}
