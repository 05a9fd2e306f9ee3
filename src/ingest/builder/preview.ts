/** The first records of a source as they would be published; reads only the head of the file. */
import { openEngine } from '../../engine/index.ts'
import { type JsonValue, quoteIdentifier } from '../../kernel/index.ts'
import { findExtractor } from '../extractors/extractors.ts'
import { validateParameters } from '../extractors/parameters.ts'
import type { LookupHost } from '../processors/lookups.ts'
import type { InferredType } from '../types/types.ts'
import { checkSteps } from './check-steps.ts'
import { directoriesRead } from './directories-read.ts'
import type { Preview, PreviewOrder, PreviewSample } from './messages.ts'
import { compileProjection } from './projection.ts'
import { prepareSlice, type SliceCounts } from './slice-work.ts'
import { createStepSupport } from './step-support.ts'
import { threadsFor } from './threads.ts'

const headBytes = 1 << 20
const mostErrors = 100

const nothingRead: PreviewSample = {
  rowsRead: 0,
  rowsKept: 0,
  rowsRejected: 0,
  rowsFiltered: 0,
  rowsAdded: 0,
  recordErrors: 0,
  errors: [],
}

function sampleOf({ rowsRead, rowsKept, rowsFiltered, rowsAdded, ...counts }: SliceCounts): PreviewSample {
  const { rejects, recordErrors, errorSamples } = counts
  const rowsRejected = rejects.length
  return { rowsRead, rowsKept, rowsRejected, rowsFiltered, rowsAdded, recordErrors, errors: errorSamples }
}

/** Errors: those of the extractor, the processors and the field specifications. */
export async function preview(order: PreviewOrder, host: LookupHost): Promise<Preview> {
  const { source, limits } = order
  const engine = await openEngine({
    memoryLimitMb: limits.memoryLimitMb,
    threads: threadsFor({ sources: [source], datasets: order.datasets }, limits),
    tempDirectory: order.tmpDirectory,
    allowedDirectories: [
      order.tmpDirectory,
      ...directoriesRead({ sources: [source], datasets: order.datasets }),
    ],
  })
  const connection = await engine.connect()
  try {
    await checkSteps(connection, order)
    const extractor = findExtractor(source.extractor)
    validateParameters(extractor, source.params)
    const reader = await extractor.open({
      source,
      connection,
      tmpDirectory: order.tmpDirectory,
      prefix: 'preview',
      sliceBytes: headBytes,
      maxSourceBytes: limits.maxSourceBytes,
      stop: new AbortController().signal,
      skipSlices: 0,
      isPreview: true,
      memory: new Map(),
    })
    const support = createStepSupport(host)
    let types = new Map<string, InferredType>()
    try {
      for await (const slice of reader.slices()) {
        for (;;) {
          const make = (columns: Parameters<typeof compileProjection>[0]) =>
            compileProjection(columns, order, types)
          const table = await prepareSlice(connection, reader, slice, 'preview', make, support)
          if (table.findings.size > 0) {
            types = new Map([...types, ...table.findings])
            await table.drop()
            continue
          }
          const fields = table.projection.fields.map(({ field }) => field)
          const picked = fields.map(({ name }, index) => `${quoteIdentifier(name)} := f${index}`)
          const rows = await connection.all(
            `select to_json(struct_pack(${picked.join(', ') || 'nothing := null'}))::varchar as record from ${quoteIdentifier(table.name)}${table.projection.hasDeletions ? ' where not _gone' : ''} limit $1`,
            [order.rows],
          )
          const records = rows.map((row) => JSON.parse(String(row.record)) as Record<string, JsonValue>)
          return {
            fields,
            records: picked.length > 0 ? records : [],
            sample: sampleOf(await table.counts(mostErrors)),
          }
        }
      }
    } finally {
      reader.close()
    }
    const projection = compileProjection(reader.columns(), order, types)
    return { fields: projection.fields.map(({ field }) => field), records: [], sample: nothingRead }
  } finally {
    connection.close()
    engine.close()
  }
}
