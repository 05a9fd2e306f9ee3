import type { FastifyRequest } from 'fastify'
import type { ExportOptions } from '../../exports/index.ts'
import { AppError } from '../../kernel/index.ts'
import type { Publication } from '../../records/index.ts'
import { datasetHref } from './links.ts'
import { type ExportQuery, invalid, readChoice, readFlag, readInteger } from './parameters.ts'

/** The options of a CSV file, for records and for the catalog. Errors: http.invalid_parameter. */
export function readTableOptions(query: ExportQuery) {
  const delimiter = readChoice('delimiter', query.delimiter, [';', ',', '\t', '|', 'tab'], ';')
  return {
    delimiter: delimiter === 'tab' ? '\t' : delimiter,
    listSeparator: readSeparator(query.list_separator),
    isQuoteAll: readFlag('quote_all', query.quote_all, false),
    hasByteOrderMark: readFlag('with_bom', query.with_bom, true),
    hasSafeCells: readFlag('safe_cells', query.safe_cells, false),
  }
}

/** It stands between all values of all records. */
const maxSeparator = 20

function readSeparator(text = ','): string {
  if (text.length > maxSeparator)
    throw invalid('list_separator', text, `it must have ${maxSeparator} characters at most`)
  return text
}

/** Errors: http.invalid_parameter. */
export function readExportOptions(
  request: FastifyRequest,
  query: ExportQuery,
  publication: Publication,
  { timezone, isProjected }: { timezone: string; isProjected: boolean },
): ExportOptions {
  const { row, fields } = publication
  const epsg = readInteger('epsg', query.epsg, 4326, 1024, 32_767)
  if (epsg !== 4326 && !isProjected) {
    throw new AppError('http.invalid_parameter', {
      parameter: 'epsg',
      value: String(epsg),
      expected: 'this format has longitudes and latitudes only (4326)',
    })
  }
  const useLabels = readFlag('use_labels', query.use_labels, false)
  const field = (name: string | undefined) => (name === undefined || name === '' ? null : name)
  return {
    ...readTableOptions(query),
    timezone,
    headings: useLabels ? Object.fromEntries(fields.map(({ name, label }) => [name, label])) : {},
    parquetCompression: readChoice(
      'parquet_compression',
      query.parquet_compression,
      ['snappy', 'zstd'],
      'snappy',
    ),
    epsg,
    nameField: field(query.name_field),
    // Each once: named a thousand times, a field would be in every record of the file as often.
    descriptionFields: [
      ...new Set(
        (query.description_field_list ?? '')
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      ),
    ],
    startField: field(query.start_field),
    endField: field(query.end_field),
    hasExtensions: readFlag('use_extension', query.use_extension, true),
    ...(publication.files ? { files: publication.files } : {}),
    datasetUrl: datasetHref(request, row.dataset_id),
    datasetId: row.dataset_id,
    title: titleOf(row.metas_json) ?? row.dataset_id,
    processedAt: row.data_processed_at,
  }
}

/** The title among a publication's metadata. */
export function titleOf(metasJson: string): string | null {
  const { default: metas } = JSON.parse(metasJson) as { default?: { title?: unknown } }
  return typeof metas?.title === 'string' && metas.title !== '' ? metas.title : null
}
