/** What both APIs ask of differences. */
import { Type } from 'typebox'
import { type ChangeKind, changeKinds } from '../checks/index.ts'
import { readChoice } from './explore/parameters.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

export const diffQuery = {
  kind: text(`One of ${changeKinds.join(', ')}; all by default, in this order`),
  timezone: text('Zone of printed instants; UTC by default'),
}

/** Null: all kinds. Errors: http.invalid_parameter. */
export function readKind(value: string | undefined): ChangeKind | null {
  const kind = readChoice('kind', value, ['', ...changeKinds], '')
  return kind === '' ? null : (kind as ChangeKind)
}
