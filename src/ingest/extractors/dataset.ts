/** Another dataset of this server: the Parquet parts of what its readers have, typed as they are. */
import { AppError, type Field, isMultivalued, quoteIdentifier, quoteLiteral } from '../../kernel/index.ts'
import type { Slice } from '../slices/slice.ts'
import type { Extractor, RawColumn, ReaderContext, SourceReader } from './reader.ts'

export const datasetExtractor: Extractor = {
  type: 'dataset',
  label: 'Dataset of this server',
  parameters: [],
  open: openDataset,
}

async function openDataset({ source }: ReaderContext): Promise<SourceReader> {
  if (!source.dataset)
    throw new AppError('ingest.invalid_source_option', {
      option: 'type',
      expected: 'dataset is the type of dataset:// addresses alone',
    })
  const { parts, fields } = source.dataset
  const columns = fields.map(columnOf)
  const picked = fields.map((field) => {
    const name = quoteIdentifier(field.name)
    return holdsJson(field) ? `${name}::varchar as ${name}` : name
  })

  /** A part is a slice: it was made of one. */
  async function* slices(): AsyncGenerator<Slice> {
    let sourceBytesRead = 0
    let firstLine = 1
    for (const [index, { path, rows, bytes }] of parts.entries()) {
      sourceBytesRead += bytes
      yield { index, path, bytes: 0, sourceBytesRead, firstLine }
      firstLine += rows
    }
  }

  return {
    columns: () => columns,
    slices,
    bytesTotal: source.bytes,
    close: () => {},
    load: async (_connection, slice) => ({
      hasNewColumns: false,
      columns,
      relation: `(select ${picked.length > 0 ? picked.join(', ') : 'null as nothing'} from read_parquet(${quoteLiteral(slice.path)}))`,
      rejects: async () => [],
      release: async () => {},
    }),
  }
}

function holdsJson({ type }: Field): boolean {
  return type === 'geo_shape' || type === 'file'
}

const engineTypes: Readonly<Partial<Record<Field['type'], string>>> = {
  int: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  datetime: 'TIMESTAMP WITH TIME ZONE',
  geo_point_2d: 'STRUCT(lon DOUBLE, lat DOUBLE)',
}

function columnOf(field: Field): RawColumn {
  const { name, label, type } = field
  if (holdsJson(field)) return { name, label, engineType: 'VARCHAR', fixedType: type }
  if (isMultivalued(field)) return { name, label, engineType: 'VARCHAR[]' }
  const engineType = engineTypes[type]
  return engineType ? { name, label, engineType } : { name, label, engineType: 'VARCHAR', candidates: [] }
}
