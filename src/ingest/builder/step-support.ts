/** What steps need beside SQL: tables that are joined, made once in a build, and answers that SQL cannot compute. */
import type { Connection } from '../../engine/index.ts'
import { AppError, type JsonValue, quoteIdentifier } from '../../kernel/index.ts'
import { findLookupService, type LookupHost } from '../processors/lookups.ts'
import type { StepJoin } from '../processors/processor.ts'
import type { ProjectedLookup } from './projection.ts'

/** Of one build or preview; its tables are gone with the engine. */
export interface StepSupport {
  prepareJoins(connection: Connection, joins: readonly StepJoin[]): Promise<void>
  /** Fills `table` with the answers (`key`, `_answer`) to the keys that `sql` finds. Errors: those of the service. */
  answer(connection: Connection, lookup: ProjectedLookup, sql: string, table: string): Promise<void>
}

const keysPerRequest = 10_000

/** `host`: answers what this process cannot. */
export function createStepSupport(host: LookupHost): StepSupport {
  const joined = new Map<string, Promise<unknown>>()

  async function ask({ lookup, processorUid }: ProjectedLookup, keys: readonly string[]) {
    const answers = await findLookupService(lookup.service).answer(lookup.request, keys, host)
    if (answers.length === keys.length) return answers
    throw new AppError('ingest.processor_failed', {
      processor_id: processorUid,
      field: lookup.service,
      msg: `${answers.length} answers to ${keys.length} questions`,
    })
  }

  return {
    async prepareJoins(connection, joins) {
      for (const { table, source } of joins.flatMap((join) => [...(join.needs ?? []), join])) {
        let made = joined.get(table)
        if (!made) {
          made = connection.run(`create table ${quoteIdentifier(table)} as ${source}`)
          joined.set(table, made)
        }
        await made
      }
    },
    async answer(connection, lookup, sql, table) {
      const name = quoteIdentifier(table)
      await connection.run(`create or replace temp table ${name} (key varchar, _answer json)`)
      const keys = (await connection.all(sql)).map(({ key }) => String(key))
      for (let from = 0; from < keys.length; from += keysPerRequest) {
        const some = keys.slice(from, from + keysPerRequest)
        const answers = await ask(lookup, some)
        const pairs: JsonValue[] = some.map((key, index) => ({ key, answer: answers[index] ?? null }))
        await connection.run(
          `insert into ${name} select json_extract_string(pair, '$.key'), nullif(json_extract(pair, '$.answer'), 'null'::json)
           from (select unnest(from_json($1::json, '["json"]')) as pair)`,
          [JSON.stringify(pairs)],
        )
      }
    },
  }
}
