/** What differs between two states of a dataset: for its editors, and for its readers. */
import { Type } from 'typebox'
import { anything, instant, list, nullable, uid } from './shapes.ts'

const differences = {
  records: Type.Object({
    added: Type.Integer(),
    removed: Type.Integer(),
    changed: Type.Integer(),
    unchanged: Type.Integer(),
  }),
  fields: Type.Object({
    added: Type.Array(anything('name, label, type')),
    removed: Type.Array(anything('name, label, type')),
    retyped: Type.Array(anything('name, from, to')),
    relabelled: Type.Array(anything('name, from, to')),
    null_shares: Type.Array(
      Type.Object({ name: Type.String(), from: nullable('number'), to: nullable('number') }),
      {
        description: 'Share of records without a value, 0 to 1; null where there is no field or no record',
      },
    ),
  }),
}

export const diffObjects = {
  Diff: Type.Object({
    from: Type.Object({ generation_uid: uid('ge'), records_count: Type.Integer() }),
    to: Type.Object({ generation_uid: uid('ge'), records_count: Type.Integer() }),
    ...differences,
  }),
  DiffRecord: Type.Object({
    change: Type.Unsafe({ type: 'string', enum: ['added', 'removed', 'changed'] }),
    _id: Type.String(),
    key: nullable('object', { description: 'Values of the fields marked as id' }),
    old: nullable('object', { description: 'The record that was removed; the fields that changed' }),
    new: nullable('object', { description: 'The record that was added; the fields that changed' }),
  }),
  DiffPage: Type.Object({
    total_count: Type.Integer(),
    from: uid('ge'),
    to: uid('ge'),
    results: list('DiffRecord'),
    next_cursor: nullable('string'),
  }),
  PublicVersions: Type.Object({
    total_count: Type.Integer(),
    results: Type.Array(
      Type.Object({
        version_uid: uid('ch'),
        label: Type.String(),
        note: nullable('string'),
        records_count: nullable('integer', {
          description: 'null for readers from whom rules hide something',
        }),
        partial: Type.Boolean(),
        created_at: instant(),
      }),
    ),
  }),
  PublicDiff: Type.Object({
    records_counts: Type.Object({ from: Type.Integer(), to: Type.Integer() }),
    ...differences,
  }),
  PublicDiffPage: Type.Object({ total_count: Type.Integer(), results: list('DiffRecord') }),
} as const
