/** The typed tree: names are columns, functions are chosen, literals are values. Only `compile` turns it into SQL. */

import type { Word } from '../../../shared/words.ts'
import type { CellColumns } from '../../kernel/index.ts'
import type { Comparator, Span } from '../ast.ts'
import type { Geometry } from '../geo/geometry.ts'
import type { Column, Type } from '../schema.ts'

export type Value = string | number | bigint | boolean | null

export type Typed =
  | { readonly kind: 'literal'; readonly type: Type; readonly value: Value; readonly span: Span }
  /** A local date and time without zone, `YYYY-MM-DD HH:MM:SS.ffffff`, or an instant when it has an offset. */
  | {
      readonly kind: 'moment'
      readonly type: 'datetime'
      readonly local: string
      readonly isInstant: boolean
      readonly isWholeDay: boolean
      readonly span: Span
    }
  | { readonly kind: 'column'; readonly type: Type; readonly column: Column; readonly span: Span }
  | {
      readonly kind: 'call'
      readonly type: Type
      readonly name: string
      readonly args: readonly Typed[]
      readonly span: Span
    }
  | {
      readonly kind: 'aggregate'
      readonly type: Type
      readonly name: string
      readonly isDistinct: boolean
      readonly args: readonly Typed[]
      readonly span: Span
    }
  | {
      readonly kind: 'arithmetic'
      readonly type: Type
      readonly operator: '+' | '-' | '*' | '/'
      readonly left: Typed
      readonly right: Typed
      readonly span: Span
    }
  | { readonly kind: 'negate'; readonly type: Type; readonly operand: Typed; readonly span: Span }
  /** A group of the query, by its number. */
  | { readonly kind: 'key'; readonly type: Type; readonly index: number; readonly span: Span }

export type Predicate =
  | {
      readonly kind: 'compare'
      readonly operator: Exclude<Comparator, 'like'>
      readonly left: Typed
      readonly right: Typed
    }
  | { readonly kind: 'in_list'; readonly operand: Typed; readonly items: readonly Typed[] }
  | {
      readonly kind: 'in_range'
      readonly operand: Typed
      readonly low: Typed
      readonly high: Typed
      readonly isLowOpen: boolean
      readonly isHighOpen: boolean
    }
  | { readonly kind: 'is_null'; readonly operand: Typed; readonly isNegated: boolean }
  | { readonly kind: 'truth'; readonly operand: Typed; readonly value: boolean; readonly isNegated: boolean }
  | { readonly kind: 'not'; readonly operand: Predicate }
  | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly operands: readonly Predicate[] }
  /** Every word must be found, each in any of the columns. */
  | { readonly kind: 'words'; readonly columns: readonly Column[]; readonly words: readonly Word[] }
  | { readonly kind: 'startswith'; readonly columns: readonly Column[]; readonly text: string }
  | {
      readonly kind: 'within_distance'
      readonly field: GeoField
      readonly lon: number
      readonly lat: number
      readonly metres: number
    }
  | {
      readonly kind: 'in_bbox'
      readonly field: GeoField
      readonly south: number
      readonly west: number
      readonly north: number
      readonly east: number
    }
  | {
      readonly kind: 'relation'
      readonly field: GeoField
      readonly relation: Relation
      readonly geometry: Geometry
    }
  /** A facet value, or a path that values begin with. */
  | { readonly kind: 'path'; readonly column: Column; readonly path: string; readonly separator: string }

export type Relation = 'intersects' | 'disjoint' | 'within'

/** A point, or a shape with the SQL of its bounding box. */
export type GeoField =
  | { readonly kind: 'point'; readonly expr: Typed; readonly cells?: CellColumns }
  | { readonly kind: 'shape'; readonly expr: Typed; readonly boxSql: string }

/** A condition that looks for words. */
export type WordSearch = Extract<Predicate, { kind: 'words' }>

export type GroupKey =
  | { readonly kind: 'value'; readonly expr: Typed; readonly name: string; readonly text: string }
  | {
      readonly kind: 'range'
      readonly expr: Typed
      readonly bounds: readonly (Typed | null)[]
      readonly labels: readonly string[]
      readonly name: string
      readonly text: string
    }
  | {
      readonly kind: 'width'
      readonly expr: Typed
      readonly width: number
      readonly name: string
      readonly text: string
    }
  | {
      readonly kind: 'interval'
      readonly expr: Typed
      readonly count: number
      readonly unit: string
      readonly name: string
      readonly text: string
    }

  /** Cells of a map, joined where they are near each other. `cellPixels`: width of a cell on a tile of 256 pixels. */
  | {
      readonly kind: 'cluster'
      readonly expr: Typed
      readonly zoom: number
      readonly cellPixels: number
      readonly name: string
      readonly text: string
    }

export interface SelectColumn {
  readonly name: string
  readonly expr: Typed
  /** Index of the group key that this column shows; null for others. */
  readonly groupKey: number | null
}

export interface Order {
  readonly expr:
    | Typed
    | { readonly kind: 'random'; readonly seed: number }
    /** `searches`: those of the query's conditions, the same objects, that a record is ranked by. */
    | { readonly kind: 'relevance'; readonly searches: readonly WordSearch[] }
  readonly isDescending: boolean
  /** Order by this group key; null otherwise. */
  readonly groupKey: number | null
}

/** A whole query, resolved: what the planner hands to the compiler. */
export interface Query {
  readonly select: readonly SelectColumn[]
  readonly where: Predicate | null
  readonly groups: readonly GroupKey[]
  readonly order: readonly Order[]
  /** Rows are groups, or one row of aggregates. */
  readonly isAggregated: boolean
  readonly timezone: string
  readonly lang: string
}
