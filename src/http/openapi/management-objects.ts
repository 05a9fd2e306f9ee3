/** Objects of the management API, sections 2 to 19. */
import { Type } from 'typebox'
import { statuses } from '../../actions/index.ts'
import { anything, anyValue, hex40, instant, list, nullable, optional, ref, uid, username } from './shapes.ts'

const statusName = Type.Unsafe({ type: 'string', enum: [...statuses] })

const managementError = {
  status_code: Type.Integer({ description: 'The HTTP status' }),
  error_key: Type.String({ pattern: 'Exception$' }),
  message: Type.String(),
  raw_message: Type.String({ description: 'The message with placeholders' }),
  raw_params: anything('Values of the placeholders'),
  error_id: optional(Type.String({ description: 'Finer than error_key; listed in docs/errors.md' })),
  hint: optional(Type.String({ description: 'What to do next' })),
}

const version = {
  version_uid: uid('ch'),
  dataset_uid: uid('da'),
  label: nullable('string'),
  note: nullable('string'),
  automatic: Type.Boolean({ description: 'Taken by the server before a restore' }),
  records_count: Type.Integer(),
  bytes: Type.Integer({ description: 'Of the records, as stored' }),
  content_hash: nullable('string'),
  partial: Type.Boolean({ description: 'The records are those of an aborted publish' }),
  published: Type.Boolean({ description: 'Whether the dataset was published when the version was saved' }),
  created_at: instant(),
  user: username(),
}

/** One schema with two types: in a union null would be coerced. */
export const retentionRule = Type.Unsafe<{
  keep_last?: number | null
  keep_days?: number | null
  keep_labelled?: boolean
} | null>({
  type: ['object', 'null'],
  additionalProperties: false,
  description: 'null keeps all versions; otherwise keep_last or keep_days must be a number',
  properties: {
    keep_last: { type: ['integer', 'null'], minimum: 1, maximum: 100_000 },
    keep_days: { type: ['integer', 'null'], minimum: 1, maximum: 100_000 },
    keep_labelled: { type: 'boolean', default: true },
  },
})

const space = (description: string) =>
  Type.Object({ count: Type.Integer(), bytes: Type.Integer() }, { description })
/** read = kept + rejected + filtered + replaced. */
const manifestSource = () =>
  Type.Object({
    resource_uid: uid('re'),
    filename: Type.String(),
    sha256: Type.String(),
    bytes: Type.Integer(),
    rows_read: Type.Integer(),
    rows_kept: Type.Integer(),
    rows_rejected: Type.Integer(),
    rows_filtered: Type.Integer(),
    rows_replaced: Type.Integer(),
    rows_added: optional(Type.Integer()),
  })

export const managementObjects = {
  Dataset: Type.Object({
    dataset_uid: uid('da'),
    dataset_id: Type.String(),
    metas: Type.Object(
      {},
      { additionalProperties: { type: 'object' }, description: '{template: {name: value}}' },
    ),
    last_modified: instant('Last edit of the configuration'),
    visibility: Type.Unsafe({ type: 'string', enum: ['domain', 'restricted'] }),
    created_at: instant(),
    owner: username(),
    partial: optional(Type.Boolean({ description: 'The published records are those of an aborted run' })),
    stale: optional(Type.Boolean({ description: 'A dataset that processors joined has changed since' })),
    publication: optional(
      nullable('object', {
        description:
          'With expand=publication: published_at, records_count, edited_since; null when nothing is published',
      }),
    ),
    status: Type.Object({ name: statusName }, { description: 'With expand=status the whole DatasetStatus' }),
    changes: optional(Type.Array(ref('Change'), { description: 'With expand=changes: the newest' })),
    rights: optional(
      Type.Array(
        Type.Unsafe<string>({ type: 'string', enum: ['edit_dataset', 'publish_dataset', 'manage_dataset'] }),
        {
          description:
            'With expand=rights, of whoever asks, by permissions on the domain or on the dataset: may edit, order actions, change its security',
        },
      ),
    ),
  }),
  DatasetStatus: Type.Object({
    name: statusName,
    status: statusName,
    published: Type.Boolean(),
    since: instant(),
    user: optional(username()),
    job_id: optional(hex40()),
    records_errors: optional(
      Type.Unsafe({
        description: 'Number of values that could not be handled; the list itself with expand=records_errors',
        oneOf: [{ type: 'integer' }, { type: 'array', items: ref('RecordError') }],
      }),
    ),
    partial: optional(Type.Boolean({ description: 'The published records are those of an aborted run' })),
    stale: optional(Type.Boolean({ description: 'A dataset that processors joined has changed since' })),
    undo_unpublish_until: optional(
      instant('Of an unpublished dataset: undo_unpublish brings back what was published'),
    ),
    held: optional(
      Type.Object(
        {
          generation_uid: uid('ge'),
          job_id: hex40(),
          gates: list('GateFailure'),
          since: instant(),
          kept_until: instant(),
        },
        { description: 'A publish that did not pass its gates and waits for a human' },
      ),
    ),
    message: optional(Type.String({ description: 'With status error: why' })),
    raw_message: optional(Type.String()),
    raw_params: optional(anything('Values of the placeholders')),
    error_id: optional(Type.String()),
  }),
  GateFailure: Type.Object({
    gate: Type.String({ description: 'Name of the gate, as in Gates' }),
    field: optional(Type.String()),
    limit: anyValue('What the gate allows'),
    was: anyValue('In what readers have'),
    is: anyValue('In what was built'),
    message: Type.String(),
  }),
  Gates: Type.Object({
    enabled: Type.Boolean(),
    record_loss_percent: nullable('number', { minimum: 0, maximum: 100 }),
    min_records: nullable('integer', { minimum: 0 }),
    field_lost: Type.Boolean({ description: 'Whether a lost field holds the publish' }),
    type_changed: Type.Boolean({ description: 'Whether a changed type holds the publish' }),
    null_share_points: nullable('number', { minimum: 0, maximum: 100 }),
    null_share_points_by_field: Type.Object({}, { additionalProperties: nullable('number') }),
    required_fields: Type.Array(Type.String()),
    unique_keys: Type.Array(Type.Array(Type.String())),
    ranges: Type.Object(
      {},
      { additionalProperties: { type: 'object' }, description: '{field: {min, max}}: numbers or dates' },
    ),
    patterns: Type.Object({}, { additionalProperties: { type: 'string' }, description: '{field: RE2}' }),
  }),
  PublishOverride: Type.Object({
    generation_uid: uid('ge'),
    job_id: hex40(),
    override: Type.Array(Type.Unsafe({ type: 'string', enum: ['gates', 'recipe'] })),
    gates: list('GateFailure'),
    at: instant(),
    user: username(),
  }),
  RecordError: Type.Object({
    record_id: nullable('string'),
    processor_uid: nullable('string'),
    field_uid: nullable('string'),
    message: Type.String(),
    raw_message: Type.String(),
    raw_params: anything('Values of the placeholders'),
    reason: nullable('string'),
  }),
  Version: Type.Object(version),
  VersionDetail: Type.Object({
    ...version,
    fields: list('Field'),
    published_metas: nullable('object', { description: '{template: {name: value}} as readers saw them' }),
    configuration: Type.Object({
      metas: anything('{template: {name: value}}'),
      resources: list('Resource'),
      processors: list('Step'),
      fields_specifications: list('Step'),
    }),
  }),
  VersionsRetention: Type.Object({ retention: retentionRule }),
  Change: Type.Object({
    change_uid: Type.Integer(),
    dataset: anything('{dataset_uid, domain}; with expand=dataset the whole Dataset'),
    user: username(),
    timestamp: instant(),
    kind: Type.String({
      description:
        'create, edit, restore_change; of actions publish, abort, unpublish, undo_unpublish, restore, save_version, delete_version',
    }),
    job_id: nullable('string'),
    sections: Type.Array(Type.String(), {
      description: 'metadata, data, security, identity, publication, versions',
    }),
    diff: Type.Object(
      {},
      {
        additionalProperties: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              path: { type: 'array', items: { type: 'string' } },
              old_value: {},
              new_value: {},
              operation_type: { type: 'string', enum: ['create', 'update', 'delete'] },
            },
          },
        },
        description: 'By section; values of more than 1,000 characters are cut, secrets are ***',
      },
    ),
    omitted_count: Type.Integer({ description: 'Differences beyond the hundred that an entry holds' }),
    can_restore: Type.Boolean({ description: 'Whether restore_change takes it' }),
  }),
  DiskUsage: Type.Object({
    dataset_uid: optional(uid('da')),
    current: space('What readers see'),
    versions: space('Pinned by versions alone'),
    retained: space('Replaced or unpublished, for the retention window'),
    building: space('Of running publishes'),
    serving_files: space('Derived from the generations'),
    sources: space('Uploaded and fetched files'),
    total_bytes: Type.Integer(),
  }),
  Generation: Type.Object({
    generation_uid: uid('ge'),
    state: Type.Unsafe({
      type: 'string',
      enum: ['current', 'pinned', 'retained'],
      description: 'Seen by readers; named by a version; named by nothing until the retention ends',
    }),
    versions: Type.Array(uid('ch'), { description: 'Versions that name it' }),
    job_id: Type.String(),
    created_at: instant(),
    retired_at: nullable('string', { format: 'date-time' }),
    partial: Type.Boolean(),
    records_count: Type.Integer(),
    records_errors: Type.Integer(),
    rows_rejected: Type.Integer(),
    bytes: Type.Integer({ description: 'Of its parts' }),
    parts: Type.Integer(),
    recipe: Type.String({ description: 'Digest of all that decides the records' }),
    content_hash: Type.String({ description: 'Digest of the records, the same on any machine' }),
    sources: Type.Array(manifestSource()),
  }),
  Manifest: Type.Object({
    format: Type.Integer(),
    pipeline_version: Type.Integer(),
    dataset_uid: uid('da'),
    generation_uid: uid('ge'),
    recipe: Type.String(),
    created_at: instant(),
    partial: Type.Boolean(),
    limit_reached: Type.Boolean(),
    sources: Type.Array(manifestSource()),
    fields: list('Field'),
    parts: Type.Array(
      Type.Object({
        file: Type.String(),
        rows: Type.Integer(),
        bytes: Type.Integer(),
        sha256: Type.String(),
      }),
    ),
    rejects: anything('file (null when there are none), rows, bytes, sha256'),
    record_errors: anything('file (null when there are none), count, sampled, bytes, sha256'),
    records_count: Type.Integer(),
    bytes: Type.Integer(),
    content_hash: Type.String(),
  }),
  Metadata: Type.Object({
    name: Type.String(),
    template: Type.Object({ name: Type.String(), label: Type.String(), purpose: Type.String() }),
    definition: anything('Empty unless expanded'),
    value: anyValue('null when unset'),
    remote_value: Type.Null(),
    override_remote_value: Type.Boolean(),
  }),
  PublicVersionsFlag: Type.Object({ public_versions: Type.Boolean() }),
  AccessPolicy: Type.Unsafe({ type: 'string', enum: ['domain', 'restricted'] }),
  Names: Type.Array(Type.String()),
  ManagementError: Type.Object({
    ...managementError,
    errors: optional(Type.Array(Type.Object(managementError), { description: 'One per faulty property' })),
  }),
} as const
