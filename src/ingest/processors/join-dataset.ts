import { AppError, quoteIdentifier } from '../../kernel/index.ts'
import {
  datasetArgument,
  joinArguments,
  joinedField,
  joinedKeySql,
  joinedRecordsSql,
  keyTextSql,
  matchedRecords,
  mostMatches,
  outputFields,
  requireOutputs,
  tableOf,
} from './joined.ts'
import type { Processor, StepArguments } from './processor.ts'

/** A left join: every record stays, whether the other dataset has one that fits or not. */
function joinProcessor(name: string, label: string, doc: string): Processor {
  return {
    name,
    label,
    doc,
    args: [
      datasetArgument,
      {
        name: 'local_key',
        type: 'fields',
        description: 'Fields of this dataset that are compared',
        is_mandatory: true,
      },
      {
        name: 'remote_key',
        type: 'fields',
        description: 'Fields of the other dataset that they are compared with, in the same order',
        is_mandatory: true,
      },
      ...joinArguments.slice(0, 2),
      {
        name: 'case_sensitive',
        type: 'boolean',
        description: 'A and a are different keys',
        is_mandatory: false,
        default: false,
      },
      ...joinArguments.slice(2),
    ],
    examples: [
      {
        args: {
          dataset: { dataset_id: 'cities' },
          local_key: ['city'],
          remote_key: ['name'],
          output_fields: ['zip'],
        },
        datasets: { cities: [{ name: 'Lyon', zip: '69001' }] },
        input: { city: 'lyon' },
        output: { zip: '69001' },
      },
      {
        args: {
          dataset: 'cities',
          local_key: ['city'],
          remote_key: ['name'],
          output_fields: ['zip'],
          one_line: true,
          separator: ';',
        },
        datasets: {
          cities: [
            { name: 'Lyon', zip: '69001' },
            { name: 'Lyon', zip: '69002' },
          ],
        },
        input: { city: 'Lyon' },
        output: { zip: '69001;69002' },
      },
      {
        args: { dataset: 'cities', local_key: ['city'], remote_key: ['name'], retrieve_all: true },
        datasets: {
          cities: [
            { name: 'Lyon', zip: '69001' },
            { name: 'Lyon', zip: '69002' },
          ],
        },
        input: { city: 'Lyon' },
        output: [{ zip: '69001' }, { zip: '69002' }],
      },
    ],
    validate(args) {
      requireOutputs(name, args)
      const [local, remote] = [args.local_key, args.remote_key] as [readonly string[], readonly string[]]
      if (local.length !== remote.length)
        throw new AppError('ingest.invalid_argument', {
          name,
          argument: 'remote_key',
          value: JSON.stringify(remote).slice(0, 100),
          expected: 'it must name as many fields as local_key',
        })
    },
    compile: compileJoin,
  }
}

function compileJoin(args: StepArguments) {
  const dataset = args.dataset('dataset')
  const remote = args.values('remote_key').map((field) => joinedField(args, dataset, field))
  const outputs = outputFields(args, dataset, new Set(remote.map((field) => field.name)))
  const isCaseSensitive = args.flag('case_sensitive')
  const needed = [...new Map([...remote, ...outputs.fields].map((field) => [field.name, field])).values()]
  const keys = remote.map((_, at) => `_k${at}`)
  const keyed = remote.map((field, at) => `${joinedKeySql(field, isCaseSensitive)} as _k${at}`)
  const source = `select ${keys.join(', ')}, count(*) as _n,
    list(_v order by _file, file_row_number)[:${mostMatches}] as _rows
    from (select _file, file_row_number, ${keyed.join(', ')}, ${outputs.struct} as _v
      from (${joinedRecordsSql(dataset, needed)}))
    where ${keys.map((key) => `${key} is not null`).join(' and ')} group by ${keys.join(', ')}`
  const table = tableOf(source)
  const local = args.fields('local_key')
  const on = local.map(
    (field, at) =>
      `${keyTextSql(remote[at]!.type, args.textOf(field), isCaseSensitive)} = ${quoteIdentifier(table)}._k${at}`,
  )
  const key = `concat_ws(', ', ${local.map((field) => args.textOf(field)).join(', ')})`
  return {
    join: { table, source, sql: `left join ${quoteIdentifier(table)} on ${on.join(' and ')}` },
    ...matchedRecords(args, outputs, { rows: '_rows', matches: '_n', key, field: local[0]! }),
  }
}

export const joinDataset = joinProcessor(
  'join_dataset',
  'Join datasets',
  `Adds fields of another published dataset's records whose keys equal those of this one's. A record without a match stays, with empty fields; one with several becomes as many records, or one with one_line. Keys are compared as values of the other field's type. A field whose name is taken gets a number. At most ${mostMatches} records fit one; beyond that it is a record error. A later change of the other dataset marks this one as stale.`,
)

export const boundJoinDataset = joinProcessor(
  'bound_join_dataset',
  'Join datasets (bound)',
  'The same as join_dataset, under the name of the platform for a join within one domain.',
)
