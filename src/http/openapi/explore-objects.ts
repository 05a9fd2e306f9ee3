/** Objects of the search API, sections 1 to 3. */
import { Type } from 'typebox'
import { anything, list, nullable, optional, ref, uid } from './shapes.ts'

const exploreFacets = Type.Object({
  _links: Type.Array(ref('Link')),
  facets: Type.Array(Type.Object({ name: Type.String(), facets: list('FacetValue') })),
})

export const exploreObjects = {
  ExploreError: Type.Object({
    error_code: Type.String(),
    message: Type.String(),
    key: optional(Type.String({ description: 'Finer than error_code; listed in docs/errors.md' })),
    clause: optional(Type.String({ description: 'The ODSQL parameter at fault' })),
    position: optional(Type.Integer({ description: 'Offset of the fault in the clause' })),
    hint: optional(Type.String({ description: 'What to do next' })),
  }),
  ExploreTooMany: Type.Object({
    errorcode: Type.Literal(10002),
    reset_time: Type.String({
      format: 'date-time',
      description: 'When to try again; Retry-After in seconds',
    }),
    limit_time_unit: Type.Unsafe({
      type: 'string',
      enum: ['day', 'concurrent'],
      description: 'day: calls of a day; concurrent: what waits or is open at once',
    }),
    call_limit: Type.Integer(),
    error: Type.String(),
    key: Type.String({ description: 'Listed in docs/errors.md' }),
    hint: optional(Type.String({ description: 'What to do next' })),
  }),
  Link: Type.Object({ href: Type.String(), rel: Type.String() }),
  Field: Type.Object({
    name: Type.String(),
    label: Type.String(),
    type: Type.Unsafe({
      type: 'string',
      enum: ['text', 'int', 'double', 'boolean', 'date', 'datetime', 'geo_point_2d', 'geo_shape', 'file'],
    }),
    description: nullable('string'),
    annotations: Type.Object({}, { additionalProperties: { type: 'array' } }),
  }),
  CatalogDataset: Type.Partial(
    Type.Object({
      dataset_id: Type.String(),
      dataset_uid: uid('da'),
      attachments: Type.Array(anything('An attachment')),
      has_records: Type.Boolean(),
      data_visible: Type.Boolean(),
      features: Type.Array(Type.String()),
      metas: Type.Object({}, { additionalProperties: { type: 'object' } }),
      fields: list('Field'),
      partial: optional(Type.Boolean({ description: 'The records are those of an aborted publish' })),
      _links: optional(list('Link')),
    }),
    { description: 'Whole, or what select names' },
  ),
  CatalogPage: Type.Object({
    total_count: optional(Type.Integer({ description: 'Absent from grouped and aggregated answers' })),
    results: Type.Array(anything('A CatalogDataset, or the selected expressions')),
    _links: optional(list('Link')),
  }),
  Record: Type.Object(
    {},
    { additionalProperties: true, description: 'Fields by name; null where there is no value' },
  ),
  RecordPage: Type.Object({
    total_count: optional(Type.Integer({ description: 'Absent from grouped and aggregated answers' })),
    results: list('Record'),
    next_cursor: optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'With cursor: where the next page begins; null at the end',
      }),
    ),
    _links: optional(list('Link')),
  }),
  FacetValue: Type.Object({
    name: Type.String({ description: 'Last step of a hierarchical value' }),
    value: Type.String({ description: 'What refine takes' }),
    count: optional(Type.Integer()),
    state: Type.Unsafe({ type: 'string', enum: ['displayed', 'refined', 'excluded'] }),
    facets: optional(list('FacetValue')),
  }),
  Facets: exploreFacets,
  Links: Type.Object({ _links: list('Link') }),
  Attachments: Type.Object({ _links: list('Link'), attachments: Type.Array(anything('An attachment')) }),
} as const
