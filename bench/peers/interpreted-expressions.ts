/**
 * The expression language walked as a tree, record by record: as much of it as the benchmark's steps use, on values whose
 * types are found out as they come.
 */
import { parse } from '../../src/ingest/expressions/parse.ts'
import type { Expr } from '../../src/ingest/expressions/syntax.ts'

export type Scalar = string | number | boolean | null
export interface Scope {
  field(name: string): Scalar
  /** A text that is no number or date, where one is needed. */
  fail(name: string, value: string, reason: string): void
}

/** Parsed once; the tree is walked for every record. */
export function interpreted(text: string): (scope: Scope) => Scalar {
  const tree = parse(text)
  return (scope) => walk(tree, scope)
}

function walk(expr: Expr, scope: Scope): Scalar {
  switch (expr.kind) {
    case 'text':
    case 'number':
    case 'boolean':
      return expr.value
    case 'null':
      return null
    case 'field':
      return scope.field(expr.name)
    case 'join':
      return expr.operands.map((operand) => textOf(walk(operand, scope)) ?? '').join('')
    case 'choice': {
      const branch = isTrue(walk(expr.condition, scope)) ? expr.value : expr.otherwise
      return branch ? walk(branch, scope) : null
    }
    case 'compare': {
      const [left, right] = [walk(expr.left, scope), walk(expr.right, scope)]
      if (expr.operator === '==') return left === right
      if (expr.operator === '<') return left !== null && right !== null && left < right
      throw new Error(`no interpretation of ${expr.operator}`)
    }
    case 'arithmetic': {
      const [left, right] = [numberIn(expr.left, scope), numberIn(expr.right, scope)]
      if (expr.operator !== '*') throw new Error(`no interpretation of ${expr.operator}`)
      return left === null || right === null ? null : left * right
    }
    case 'call':
      return call(expr.name, expr.args, scope)
    default:
      throw new Error(`no interpretation of ${expr.kind}`)
  }
}

function call(name: string, args: readonly Expr[], scope: Scope): Scalar {
  const text = (index: number) => textOf(walk(args[index]!, scope))
  switch (name) {
    case 'capitalize': {
      const value = text(0)
      return value === null ? null : value.slice(0, 1).toUpperCase() + value.slice(1).toLowerCase()
    }
    case 'lower':
      return text(0)?.toLowerCase() ?? null
    case 'upper':
      return text(0)?.toUpperCase() ?? null
    case 'trim':
      return text(0)?.replace(/^[ \t\n\r\u00a0]+|[ \t\n\r\u00a0]+$/g, '') ?? null
    case 'length':
      return text(0)?.length ?? null
    case 'ifnull':
      return walk(args[0]!, scope) ?? walk(args[1]!, scope)
    case 'round': {
      const [value, decimals] = [numberIn(args[0]!, scope), numberIn(args[1]!, scope)]
      if (value === null || decimals === null) return null
      const scale = 10 ** decimals
      return (Math.sign(value) * Math.round(Math.abs(value) * scale)) / scale
    }
    case 'datediff': {
      const [from, to] = [dateIn(args[0]!, scope), dateIn(args[1]!, scope)]
      return from === null || to === null ? null : Math.trunc((to - from) / 3_600_000)
    }
    default:
      throw new Error(`no interpretation of ${name}`)
  }
}

const isTrue = (value: Scalar) => value === true || (typeof value === 'number' && value !== 0)
const textOf = (value: Scalar) => (value === null ? null : String(value))

function numberIn(expr: Expr, scope: Scope): number | null {
  const value = walk(expr, scope)
  if (typeof value !== 'string') return value === null ? null : Number(value)
  const read = value.trim() === '' ? Number.NaN : Number(value.replace(',', '.'))
  if (Number.isFinite(read)) return read
  if (expr.kind === 'field' && value !== '') scope.fail(expr.name, value, 'not a number')
  return null
}

/** Milliseconds; what names no zone is in UTC. */
function dateIn(expr: Expr, scope: Scope): number | null {
  const value = textOf(walk(expr, scope))
  if (value === null) return null
  const read = momentOf(value)
  if (read === null && expr.kind === 'field' && value !== '') scope.fail(expr.name, value, 'not a date')
  return read
}

export function momentOf(value: string): number | null {
  const isPlain = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(value)
  const read = Date.parse(isPlain ? `${value}Z` : value)
  return Number.isNaN(read) ? null : read
}
