import { type AppError, errorSpec, formatTemplate } from '../kernel/index.ts'
import { compileRows } from './compile/statements.ts'
import { attempt } from './fault.ts'
import { lex } from './lex/lex.ts'
import { parseWhere } from './parse/parse.ts'
import { print } from './print.ts'
import { prepareQuery, type QueryText } from './resolve/query.ts'
import type { QuerySchema } from './schema.ts'

const json = (value: unknown) =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? Number(inner) : inner), 2)

function printError(error: AppError): string {
  const { hint } = errorSpec(error.key)
  const advice = hint === undefined ? '' : ` ${formatTemplate(hint, error.params)}`
  return `error   ${error.key}: ${error.message}${advice}`.trimEnd()
}

/** Every stage of a query as text: tokens, tree, normal form, SQL and values. For people who debug queries. */
export function explainQuery(
  text: QueryText,
  schema: QuerySchema,
): { readonly text: string; readonly isRefused: boolean } {
  const lines: string[] = []
  for (const source of text.where ?? []) {
    const staged = attempt('where', () => {
      const tokens = lex(source)
      const ast = parseWhere(source)
      return [
        `tokens  ${tokens.map((token) => token.text || '<end>').join(' | ')}`,
        `ast     ${json(ast)}`,
        `normal  ${print(ast)}`,
      ]
    })
    lines.push(...(staged.ok ? staged.value : staged.errors.map(printError)))
  }
  const prepared = prepareQuery(text, schema)
  if (!prepared.ok)
    return { text: [...lines, ...prepared.errors.map(printError)].join('\n'), isRefused: true }
  const compiled = compileRows(
    prepared.value,
    { relation: 'records', search: { terms: 'terms', postings: 'postings' } },
    { page: { limit: 10, offset: 0 } },
  )
  const stages = [
    ...lines,
    `plan    ${json(prepared.value)}`,
    `sql     ${compiled.sql}`,
    `values  ${json(compiled.values)}`,
  ]
  return { text: stages.join('\n'), isRefused: false }
}
