/** JSON in text columns: paths as people write them, and what the engine makes of them. */
import { AppError, type JsonObject, quoteLiteral } from '../../kernel/index.ts'

/** Of the word `item`: every element of an array. */
const itemWord = 'item'

/**
 * A path such as `block.item.name` or `.item` in the engine's form. Null: it is none.
 * Keys hold anything but dots, quotes, backslashes and brackets; the engine has no way to write those.
 */
export function jsonPath(rule: string): string | null {
  const keys = rule.replace(/^\./, '').split('.')
  if (keys.length > 50 || keys.some((key) => key === '' || /["\\*[\]]/.test(key))) return null
  return `$${keys.map((key) => (key === itemWord ? '[*]' : `."${key}"`)).join('')}`
}

export const hasItems = (rule: string) => rule.replace(/^\./, '').split('.').includes(itemWord)

/** Errors: ingest.invalid_argument. */
export function checkRule(name: string, argument: string, rule: string, isOfItems: boolean): void {
  const isRight = jsonPath(rule) !== null && hasItems(rule) === isOfItems
  if (isRight) return
  throw new AppError('ingest.invalid_argument', {
    name,
    argument,
    value: JSON.stringify(rule).slice(0, 100),
    expected: isOfItems
      ? 'it must be keys with dots between them, with item where the array is, e.g. block.item.name'
      : 'it must be keys with dots between them, e.g. block.name',
  })
}

/** Of a processor whose argument `rule` leads to an array. */
export const validateItemRule =
  (name: string) =>
  ({ rule }: JsonObject): void => {
    if (typeof rule === 'string') checkRule(name, 'rule', rule, true)
  }

/** SQL: a text as JSON, null where it is none. */
export const asJson = (text: string) => `case when json_valid(${text}) then ${text}::json end`

/** SQL of the list of what the path finds; null where there is nothing. */
export const jsonItems = (text: string, path: string) =>
  `json_extract(${asJson(text)}, ${quoteLiteral(path)})`

export const isNoJson = (text: string) => `${text} is not null and not json_valid(${text})`
