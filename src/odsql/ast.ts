/** The syntax tree: what was written, before anything is known of fields. Plain values, spans on every node. */

/** Offsets in the clause's text, from 0; the end is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

export const clauses = ['select', 'where', 'group_by', 'order_by', 'facet'] as const
export type Clause = (typeof clauses)[number]

export type Comparator = '=' | '!=' | '>' | '>=' | '<' | '<=' | 'like'

export type Expr =
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'number'; readonly text: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'date'; readonly text: string; readonly span: Span }
  | { readonly kind: 'geometry'; readonly text: string; readonly span: Span }
  /** A distance or an interval: `10km`, `1 day`. */
  | { readonly kind: 'quantity'; readonly text: string; readonly unit: string; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  /** `*` as an argument or an open end of a range. */
  | { readonly kind: 'star'; readonly span: Span }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly isDistinct: boolean
      readonly args: readonly Argument[]
      readonly span: Span
    }
  | { readonly kind: 'negate'; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'arithmetic'
      readonly operator: '+' | '-' | '*' | '/'
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  | {
      readonly kind: 'compare'
      readonly operator: Comparator
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  | { readonly kind: 'in_list'; readonly operand: Expr; readonly items: readonly Expr[]; readonly span: Span }
  | {
      readonly kind: 'in_range'
      readonly operand: Expr
      readonly low: Expr
      readonly high: Expr
      readonly isLowOpen: boolean
      readonly isHighOpen: boolean
      readonly span: Span
    }
  /** `"a" in tags` */
  | { readonly kind: 'member'; readonly value: Expr; readonly field: Expr; readonly span: Span }
  | { readonly kind: 'is_null'; readonly operand: Expr; readonly isNegated: boolean; readonly span: Span }
  | {
      readonly kind: 'is_boolean'
      readonly operand: Expr
      readonly value: boolean
      readonly isNegated: boolean
      readonly span: Span
    }
  | { readonly kind: 'not'; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'logic'
      readonly operator: 'and' | 'or'
      readonly operands: readonly Expr[]
      readonly span: Span
    }

/** What a node is made of, in the order it is written. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'date':
    case 'geometry':
    case 'quantity':
    case 'name':
    case 'star':
      return []
    case 'call':
      return expr.args.map((arg) => arg.value)
    case 'negate':
    case 'is_null':
    case 'is_boolean':
    case 'not':
      return [expr.operand]
    case 'arithmetic':
    case 'compare':
      return [expr.left, expr.right]
    case 'in_list':
      return [expr.operand, ...expr.items]
    case 'in_range':
      return [expr.operand, expr.low, expr.high]
    case 'member':
      return [expr.value, expr.field]
    case 'logic':
      return expr.operands
    default:
      return expr satisfies never
  }
}

export interface Argument {
  readonly name: string | null
  readonly value: Expr
}

export type SelectItem =
  | { readonly kind: 'all'; readonly span: Span }
  | {
      readonly kind: 'rule'
      readonly rule: 'include' | 'exclude'
      readonly patterns: readonly { readonly name: string; readonly isPrefix: boolean; readonly span: Span }[]
      readonly span: Span
    }
  | { readonly kind: 'item'; readonly expr: Expr; readonly alias: string | null; readonly span: Span }

export interface GroupItem {
  readonly expr: Expr
  readonly alias: string | null
}

export interface OrderItem {
  readonly expr: Expr
  readonly isDescending: boolean
}
