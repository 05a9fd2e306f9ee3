/** Objects of the search API, sections 1 to 3. */
import { Type } from 'typebox'
import { anything, list, nullable, optional, ref, uid } from './shapes.ts'

const clause = Type.Unsafe<string>({ type: 'string', enum: ['select', 'where', 'group_by', 'order_by'] })

const publishedFile = Type.Object({
  href: Type.String({ description: 'Of the file' }),
  metas: anything('mime-type, title, url, id'),
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
      enum: ['second', 'minute', 'hour', 'day', 'month', 'year', 'concurrent'],
      description: 'day and the like: calls in that time; concurrent: what waits or is open at once',
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
      attachments: Type.Array(anything('id, title, mimetype, url')),
      alternative_exports: Type.Array(anything('id, title, description, mimetype')),
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
  Facet: Type.Object({ name: Type.String(), facets: list('FacetValue') }),
  Facets: Type.Object({ _links: Type.Array(ref('Link')), facets: list('Facet') }),
  QueryLanguage: Type.Object({
    clauses: Type.Array(
      Type.Object({
        name: clause,
        description: Type.String(),
        keywords: Type.Array(Type.String()),
      }),
    ),
    functions: Type.Array(
      Type.Object({
        name: Type.String(),
        kind: Type.Unsafe({ type: 'string', enum: ['scalar', 'aggregate', 'special', 'predicate'] }),
        usage: Type.String({ description: 'A call with every argument named or shown' }),
        clauses: Type.Array(clause, { description: 'Where it may stand' }),
        result: Type.Union([Type.String(), Type.Null()], {
          description: 'Type; `same`: that of the first argument; null: no value of a record',
        }),
        description: Type.String(),
      }),
    ),
    fields: Type.Array(
      Type.Object({
        name: Type.String(),
        text: Type.String({ description: 'As it is written in a clause' }),
        type: Type.String(),
        is_technical: Type.Boolean({ description: 'Left out of *' }),
        label: Type.String(),
        description: nullable('string'),
      }),
    ),
  }),
  TileJson: Type.Object(
    {
      tilejson: Type.String(),
      name: Type.String(),
      version: Type.String(),
      scheme: Type.String(),
      tiles: Type.Array(Type.String({ description: 'Address of a tile, with {z}, {x} and {y}' })),
      minzoom: Type.Integer(),
      maxzoom: Type.Integer(),
      bounds: optional(Type.Array(Type.Number(), { description: 'West, south, east, north' })),
      vector_layers: Type.Array(
        Type.Object({
          id: Type.String(),
          description: Type.String(),
          minzoom: Type.Integer(),
          maxzoom: Type.Integer(),
          fields: Type.Object({}, { additionalProperties: { type: 'string' } }),
        }),
      ),
    },
    { description: 'TileJSON 3.0' },
  ),
  Links: Type.Object({ _links: list('Link') }),
  Attachments: Type.Object({ _links: list('Link'), attachments: Type.Array(publishedFile) }),
  AlternativeExports: Type.Object({ _links: list('Link'), alternative_exports: Type.Array(publishedFile) }),
} as const
