/** The syntax tree of an expression: what was written, before anything is known of fields. */
import type { Span } from '../../odsql/index.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '^'
export type CompareOperator = '==' | '!=' | '>' | '>=' | '<' | '<='

export type Expr =
  | { readonly kind: 'text'; readonly value: string; readonly span: Span }
  | { readonly kind: 'number'; readonly value: number; readonly isWhole: boolean; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'field'; readonly name: string; readonly span: Span }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly span: Span }
  | { readonly kind: 'negate' | 'not' | 'factorial'; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  | { readonly kind: 'join'; readonly operands: readonly Expr[]; readonly span: Span }
  | {
      readonly kind: 'logic'
      readonly operator: 'and' | 'or'
      readonly operands: readonly Expr[]
      readonly span: Span
    }
  /** `condition ? value : otherwise`; without the last part it is null. */
  | {
      readonly kind: 'choice'
      readonly condition: Expr
      readonly value: Expr
      readonly otherwise: Expr | null
      readonly span: Span
    }

/** What a node is made of, in the order it is written. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'text':
    case 'number':
    case 'boolean':
    case 'null':
    case 'field':
      return []
    case 'call':
      return expr.args
    case 'negate':
    case 'not':
    case 'factorial':
      return [expr.operand]
    case 'arithmetic':
    case 'compare':
      return [expr.left, expr.right]
    case 'join':
    case 'logic':
      return expr.operands
    case 'choice':
      return expr.otherwise ? [expr.condition, expr.value, expr.otherwise] : [expr.condition, expr.value]
    default:
      return expr satisfies never
  }
}

/** Every call in an expression. */
export function callsIn(root: Expr): Extract<Expr, { kind: 'call' }>[] {
  const found: Extract<Expr, { kind: 'call' }>[] = []
  let level: readonly Expr[] = [root]
  while (level.length > 0) {
    for (const expr of level) if (expr.kind === 'call') found.push(expr)
    level = level.flatMap(childrenOf)
  }
  return found
}
