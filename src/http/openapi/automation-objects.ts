/** Objects of the Automation API v1.0, its sections 2 to 15. Clients made from it are strict about what is here. */
import { type TSchema, Type } from 'typebox'
import { statuses } from '../../actions/index.ts'
import { anything, anyValue, instant, nullable, optional, ref, uid, username } from './shapes.ts'

const oneOf = (...values: readonly string[]) => Type.Unsafe({ type: 'string', enum: [...values] })
const orNull = (schema: TSchema) => Type.Unsafe({ anyOf: [schema, { type: 'null' }] })
const status = () => oneOf(...statuses)
const instantOrNull = () => nullable('string', { format: 'date-time' })
const limit = Type.Object({
  unit: oneOf('second', 'minute', 'hour', 'day', 'month', 'year'),
  limit: Type.Number(),
})
const securityCore = {
  is_data_visible: Type.Boolean(),
  visible_fields: Type.Unsafe({
    type: ['array', 'null'],
    items: { type: 'string' },
    description: 'null: all of them',
  }),
  filter_query: Type.String({ description: 'Empty: all records' }),
  api_calls_quota: orNull(limit),
}
const action = (...more: string[]) => Type.Object({ type: oneOf(...more), label: Type.String() })

export const automationObjects = {
  AutomationError: Type.Object({
    error_code: Type.String(),
    message: Type.String(),
    detail: optional(anything('Reasons by property; or one reason')),
    trace_id: optional(Type.String()),
    error_id: Type.String({ description: 'Finer than error_code; listed in docs/errors.md' }),
    hint: optional(Type.String()),
  }),
  AutomationOk: Type.Object({
    detail: Type.Literal('ok'),
    job_id: optional(Type.String({ description: 'Of the order; also in the header Broadsheet-Job-Id' })),
  }),
  AutomationSecurity: Type.Object(securityCore),
  AutomationDataset: Type.Object({
    uid: uid('da'),
    dataset_id: Type.String(),
    created_at: instant(),
    updated_at: instant(),
    is_published: Type.Boolean(),
    is_restricted: Type.Boolean(),
    metadata: ref('AutomationMetadata'),
    default_security: ref('AutomationSecurity'),
  }),
  AutomationMetadata: Type.Object(
    { default: ref('AutomationMetadataTemplateValues') },
    { additionalProperties: { $ref: '#/components/schemas/AutomationMetadataTemplateValues' } },
  ),
  AutomationMetadataTemplateValues: Type.Object(
    {},
    { additionalProperties: { $ref: '#/components/schemas/AutomationMetadataValue' } },
  ),
  AutomationMetadataValue: Type.Object({ value: anyValue() }),
  AutomationStatus: Type.Object({
    status: status(),
    previous: orNull(status()),
    next: orNull(status()),
    since: instant(),
    is_published: Type.Boolean(),
    message: nullable('string'),
    records_errors: Type.Array(
      Type.Object({
        record_id: nullable('string'),
        field_uid: nullable('string'),
        processor_uid: nullable('string'),
        message: Type.String(),
      }),
      { maxItems: 100 },
    ),
    params: anything('error: {limit_type, limit, value} where a limit was reached'),
  }),
  AutomationField: Type.Object(
    {
      uid: uid('pr'),
      ...action('rename', 'type', 'annotate', 'description', 'order', 'delete').properties,
    },
    { additionalProperties: true, description: 'With the arguments of its type beside these' },
  ),
  AutomationProcessorType: Type.Object({ type: Type.String(), label: Type.String() }),
  AutomationProcessor: Type.Object(
    { uid: uid('pr'), type: Type.String(), label: Type.String() },
    { additionalProperties: true, description: 'With its arguments beside these' },
  ),
  AutomationResource: Type.Object({
    uid: uid('re'),
    type: Type.String(),
    title: Type.String(),
    url: optional(Type.String({ description: 'Where to push, or an address that no datasource can say' })),
    push_key: optional(Type.String({ description: 'Of a realtime resource, in the answer that makes it' })),
    display_name: Type.String(),
    extraction_infos: orNull(Type.Object({ label: Type.String(), type: Type.String() })),
    origin: Type.Object({ label: Type.String(), type: Type.String() }),
    params: anything('Parameters of the extractor, and how the bytes are fetched'),
    datasource: optional(
      Type.Object({ type: Type.String() }, { additionalProperties: true, description: 'By type' }),
    ),
  }),
  AutomationExtractor: Type.Object({
    type: Type.String(),
    label: Type.String(),
    parameters: Type.Array(
      Type.Object({
        type: Type.String(),
        is_mandatory: Type.Boolean(),
        name: Type.String(),
        label: Type.String(),
        default: optional(Type.String()),
        description: Type.String(),
        choices: optional(Type.Array(Type.String())),
      }),
    ),
  }),
  AutomationExtractorGuess: Type.Object({
    extractor: Type.String(),
    params: anything('Parameters of the extractor'),
  }),
  AutomationPreview: Type.Object({
    fields: Type.Array(
      Type.Object({
        name: Type.String(),
        label: Type.String(),
        type: Type.String(),
        description: optional(Type.String()),
        original_name: Type.String(),
        annotations: Type.Array(
          Type.Object({ name: Type.String(), args: optional(Type.Array(Type.String())) }),
        ),
      }),
    ),
    records: Type.Array(anything('A record'), { maxItems: 20 }),
  }),
  AutomationFile: Type.Object({
    uid: Type.String(),
    filename: Type.String(),
    mimetype: nullable('string'),
    created_at: instant(),
  }),
  AutomationExport: Type.Object({
    uid: uid('ae'),
    title: Type.String(),
    description: Type.String(),
    type: oneOf('url', 'uploaded_file'),
    mimetype: nullable('string'),
    created_at: instant(),
    updated_at: instant(),
    url: optional(Type.String()),
    filename: optional(Type.String()),
  }),
  AutomationTemplate: Type.Object({
    name: Type.String(),
    title: Type.String(),
    type: oneOf('basic', 'admin', 'interop', 'extra'),
    is_active: Type.Boolean(),
    is_always_active: Type.Boolean(),
    is_system: Type.Boolean(),
    schema: Type.Array(ref('AutomationTemplateField')),
    created_at: optional(instant()),
    created_by: optional(username()),
    updated_at: optional(instant()),
    updated_by: optional(username()),
  }),
  AutomationTemplateField: Type.Object(
    {
      name: Type.String(),
      type: Type.String(),
      label: Type.String(),
      help_text: nullable('string'),
      is_hidden: Type.Boolean(),
      self_suggest: Type.Boolean(),
      is_filter: Type.Boolean(),
      i18n: Type.Boolean(),
      suggest_url: nullable('string'),
      choices: Type.Unsafe({ type: ['array', 'null'], items: { type: 'string' } }),
      labels: nullable('object'),
      requirement_level: oneOf('optional', 'recommended', 'mandatory'),
    },
    { additionalProperties: true },
  ),
  AutomationSuggestions: Type.Object({
    hits: Type.Array(Type.String()),
    nb_hits: Type.Integer(),
    page: Type.Integer(),
    hits_per_page: Type.Integer(),
    exhaustive_nb_hits: Type.Boolean(),
    exhaustive_typo: Type.Boolean(),
    exhaustive: Type.Object({ nb_hits: Type.Boolean(), typo: Type.Boolean() }),
    query: Type.String(),
    params: Type.String(),
    processing_time_ms: Type.Integer(),
  }),
  AutomationConnection: Type.Object(
    {
      uid: uid('co'),
      type: oneOf('http', 'ftp', 'amazon_s3'),
      name: Type.String(),
      is_reusable: Type.Boolean(),
      can_reuse: Type.Boolean(),
      can_manage: Type.Boolean(),
      dataset_count: Type.Integer(),
      user_count: Type.Integer(),
      group_count: Type.Integer(),
      created_at: instant(),
      updated_at: instant(),
      url: Type.String(),
      auth: nullable('object', { description: 'Secrets in it are null' }),
    },
    { additionalProperties: true },
  ),
  AutomationConnectionRule: Type.Object({ permissions: Type.Array(Type.String()) }),
  AutomationVersion: Type.Object({
    uid: Type.String({ pattern: '^ch_' }),
    sections: Type.Array(Type.String()),
    created_by: username(),
    can_restore: Type.Boolean(),
    created_at: instant(),
  }),
  AutomationSchedule: Type.Object({
    uid: uid('sc'),
    cron_schedule: Type.String(),
    timezone: Type.String(),
  }),
  AutomationFeedback: Type.Object({
    uid: Type.String(),
    record_id: Type.String(),
    user: username(),
    comment: Type.String(),
    is_archived: Type.Boolean(),
    created_at: instant(),
  }),
  AutomationHarvester: Type.Object(
    {
      uid: uid('ha'),
      type: Type.String(),
      name: Type.String(),
      status: oneOf('idle', 'queued', 'aborting', 'processing', 'deleting', 'new'),
      version: Type.Integer(),
      restrict_datasets_visibility: Type.Boolean(),
      delete_missing_datasets: Type.Boolean(),
      remote_datasets_count: Type.Integer(),
      harvested_datasets_count: Type.Integer(),
      published_datasets_count: Type.Integer(),
      attached_datasets_count: Type.Integer(),
      has_error: Type.Boolean(),
      resource_errors_count: Type.Integer(),
      created_at: instant(),
      updated_at: instant(),
      updated_by: username(),
      last_started_at: instantOrNull(),
      last_success_at: instantOrNull(),
    },
    { additionalProperties: true, description: 'With the parameters of its type beside these' },
  ),
  AutomationHarvesterErrors: Type.Object({
    harvester: nullable('string'),
    resources: Type.Object({}, { additionalProperties: { type: 'string' } }),
  }),
  AutomationHarvesterPreview: Type.Object({
    total_count: Type.Integer(),
    results: Type.Array(Type.Object({ id: Type.String(), title: Type.String(), description: Type.String() })),
  }),
} as const satisfies Record<string, TSchema>
