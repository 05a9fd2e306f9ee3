/** What has changed in the fields between two generations. */
import { type Field, isMultivalued } from '../kernel/index.ts'

export interface FieldSummary {
  readonly name: string
  readonly label: string
  readonly type: string
}

/** A property of a field that both sides have, on either side. */
export interface FieldDifference {
  readonly name: string
  readonly from: string
  readonly to: string
}

/** By name, in the order of the side that has the field (the newer one where both do). */
export interface FieldChanges {
  readonly added: readonly FieldSummary[]
  readonly removed: readonly FieldSummary[]
  readonly retyped: readonly FieldDifference[]
  readonly relabelled: readonly FieldDifference[]
}

/** A field that both sides have. */
export interface FieldPair {
  readonly from: Field
  readonly to: Field
}

/** A renamed field is one removed and one added: nothing says that they are the same. */
export function compareFields(from: readonly Field[], to: readonly Field[]): FieldChanges {
  const pairs = pairFields(from, to)
  const differing = (property: (field: Field) => string): FieldDifference[] =>
    pairs
      .filter((pair) => property(pair.from) !== property(pair.to))
      .map((pair) => ({ name: pair.to.name, from: property(pair.from), to: property(pair.to) }))
  return {
    added: onlyIn(to, from).map(summary),
    removed: onlyIn(from, to).map(summary),
    retyped: differing(typeName),
    relabelled: differing((field) => field.label),
  }
}

export function pairFields(from: readonly Field[], to: readonly Field[]): FieldPair[] {
  const known = new Map(from.map((field) => [field.name, field]))
  return to.flatMap((field) => {
    const other = known.get(field.name)
    return other ? [{ from: other, to: field }] : []
  })
}

/** The type in words: a text field that holds lists is `text[]`. */
export function typeName(field: Field): string {
  return isMultivalued(field) ? 'text[]' : field.type
}

function onlyIn(fields: readonly Field[], others: readonly Field[]): Field[] {
  const known = new Set(others.map((field) => field.name))
  return fields.filter((field) => !known.has(field.name))
}

function summary(field: Field): FieldSummary {
  return { name: field.name, label: field.label, type: typeName(field) }
}
