/**
 * What the deserialisers of the platform's own Python client demand of each object, as JSON schemas: required properties,
 * strict types, enumerations that raise for anything else. Automation API sections 1 to 15, kept apart from what the server
 * says of itself so that the two can be held against each other. Data only.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const count: Schema = { type: 'integer' }
const any: Schema = {}
const instant: Schema = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
}
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values })
const object = (required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
})
const relatedUser = object({ username: text })
const value = object({ value: any })
const values: Schema = { type: 'object', additionalProperties: value }
const status = oneOf(
  'idle',
  'error',
  'limit_reached',
  'queued',
  'aborting_processing',
  'processing',
  'deleting',
  'saving_version',
)
const permission = oneOf(
  ...'edit_domain create_page edit_page manage_page explore_restricted_page create_dataset edit_dataset'.split(
    ' ',
  ),
  ...'publish_dataset manage_dataset explore_restricted_dataset edit_reuse manage_subdomains'.split(' '),
  ...'explore_monitoring edit_theme edit_form submit_private_form create_external_asset'.split(' '),
  ...'edit_external_asset explore_restricted_external_asset manage_glossary manage_showcase_requests'.split(
    ' ',
  ),
)
const limits = (...units: string[]) => object({ unit: oneOf(...units), limit: { type: 'number' } })
const security = object({
  is_data_visible: flag,
  visible_fields: orNull(listOf(text)),
  filter_query: text,
  api_calls_quota: orNull(limits('second', 'minute', 'hour', 'day', 'month')),
})
const datasetPermission = oneOf(
  'explore_restricted_dataset',
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
)

/** By `type`, and no other. */
const byType = (kinds: Record<string, Schema>, common: Record<string, Schema>): Schema => ({
  type: 'object',
  required: ['type'],
  properties: { type: oneOf(...Object.keys(kinds)) },
  allOf: Object.entries(kinds).map(([type, schema]) => ({
    if: { properties: { type: { const: type } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { allOf: [object(common), schema] },
  })),
})
const headers = listOf(object({ name: text, value: text }))
const basicAuth = object({ type: oneOf('basic_auth'), username: text, password: { type: 'null' } })
/** Two forms, of which exactly one may match. */
const reference: Schema = { ...object({ uid: text }), maxProperties: 1 }
const inline = (schema: Schema): Schema => ({ allOf: [schema, { not: { required: ['uid'] } }] })
const connectionKinds: Record<string, Schema> = {
  http: object({ url: text }, { headers, auth: orNull(basicAuth) }),
  ftp: object({ url: text }, { auth: orNull(basicAuth) }),
  amazon_s3: object(
    {},
    {
      auth: orNull(
        object({
          type: oneOf('aws_signature_v4'),
          access_key_id: text,
          secret_access_key: { type: 'null' },
          region: text,
        }),
      ),
    },
  ),
}
const connectionOf = (type: string): Schema => ({
  oneOf: [reference, inline({ allOf: [object({ type: oneOf(type) }), connectionKinds[type]] })],
})
const datasource = byType(
  {
    http: object({ connection: connectionOf('http') }, { relative_url: text, headers }),
    ftp: object({ connection: connectionOf('ftp') }, { relative_url: text }),
    uploaded_file: object({ file: reference }),
    amazon_s3: object({ connection: connectionOf('amazon_s3') }, { url: text, headers }),
  },
  {},
)
const harvester = {
  uid: text,
  type: text,
  name: text,
  status: oneOf('idle', 'queued', 'aborting', 'processing', 'deleting', 'new'),
  remote_datasets_count: count,
  harvested_datasets_count: count,
  published_datasets_count: count,
  attached_datasets_count: count,
  has_error: flag,
  resource_errors_count: count,
  created_at: instant,
  updated_at: instant,
  updated_by: relatedUser,
  last_started_at: orNull(instant),
  last_success_at: orNull(instant),
}
const withUrl = object({ url: text })

const texts: Schema = { type: 'object', additionalProperties: text }
const templateField = object(
  { name: text },
  {
    type: oneOf(
      ...'text date datetime geo_shape geo_area html multitext boolean int double longstring enum list'.split(
        ' ',
      ),
      ...'enumlist uri_enum uri_enumlist'.split(' '),
    ),
    label: text,
    help_text: orNull(text),
    is_hidden: flag,
    self_suggest: flag,
    is_filter: flag,
    i18n: flag,
    suggest_url: orNull(text),
    choices: orNull(listOf(text)),
    labels: orNull({ type: 'object', additionalProperties: { type: 'object' } }),
    requirement_level: oneOf('optional', 'recommended', 'mandatory'),
  },
)

const apiKey = object(
  { uid: text },
  {
    label: text,
    key: text,
    permissions: listOf(permission),
    created_at: instant,
    user: relatedUser,
    is_revoked: flag,
    revocation_status: orNull(object({}, { revoked_at: orNull(instant), revocation_reason: text })),
  },
)

const shapes = {
  Ok: object({ detail: { const: 'ok' } }),
  /** Of what is no job. */
  Done: object({ detail: { const: 'ok' } }),
  Dataset: object({
    uid: text,
    dataset_id: text,
    created_at: instant,
    updated_at: instant,
    is_published: flag,
    is_restricted: flag,
    metadata: { ...object({ default: values }), additionalProperties: values },
    default_security: security,
  }),
  Status: object({
    status,
    previous: orNull(status),
    next: orNull(status),
    since: instant,
    is_published: flag,
    message: orNull(text),
    records_errors: listOf(
      object({ message: text }, { record_id: text, field_uid: text, processor_uid: text }),
    ),
    params: { type: 'object' },
  }),
  Field: byType(
    {
      rename: object({ from_name: text, to_name: text, field_label: text }),
      type: object({
        field: text,
        type_param: oneOf('text', 'int', 'double', 'geo_point_2d', 'geo_shape', 'date', 'datetime', 'file'),
      }),
      annotate: object(
        {
          field: text,
          annotation: oneOf(
            'id',
            'timeserie_precision',
            'unit',
            'decimals',
            'sortable',
            'multivalued',
            'hierarchical',
          ),
        },
        { args: listOf({ type: ['string', 'integer'] }) },
      ),
      description: object({ field: text, description: text }),
      order: object({}, { order: listOf(text) }),
      delete: object({ field: text }),
    },
    { uid: text, label: text },
  ),
  ProcessorType: object({ type: text, label: text }),
  Processor: object({ uid: text, type: text, label: text }),
  Extractor: object({
    type: text,
    label: text,
    parameters: listOf(
      object(
        { type: text, is_mandatory: flag, name: text },
        { label: text, default: text, description: text, hidden: flag, trim: text, choices: listOf(text) },
      ),
    ),
  }),
  ExtractorGuess: object({ extractor: text, params: { type: 'object' } }),
  Preview: object({
    fields: listOf(
      object(
        { name: text, label: text },
        {
          type: text,
          description: text,
          original_name: text,
          annotations: listOf(object({ name: text }, { args: listOf(text) })),
        },
      ),
    ),
    records: { ...listOf({ type: 'object' }), maxItems: 20 },
  }),
  Resource: object(
    { uid: text, type: text, title: text },
    {
      url: text,
      display_name: text,
      extraction_infos: orNull(object({ label: text, type: text })),
      origin: object({ label: text, type: text }),
      params: { type: 'object' },
      datasource,
    },
  ),
  File: object({ uid: text, filename: text, mimetype: orNull(text), created_at: instant }),
  Connection: byType(connectionKinds, {
    uid: text,
    is_reusable: flag,
    can_reuse: flag,
    can_manage: flag,
    dataset_count: { type: 'number' },
    user_count: { type: 'number' },
    group_count: { type: 'number' },
    created_at: instant,
    updated_at: instant,
  }),
  Metadata: { ...object({ default: values }), additionalProperties: values },
  MetadataTemplateValues: values,
  MetadataValue: value,
  Export: byType(
    { url: object({ url: text }), uploaded_file: object({ filename: text }) },
    {
      uid: text,
      title: text,
      description: text,
      mimetype: orNull(text),
      created_at: instant,
      updated_at: instant,
    },
  ),
  Template: object(
    { name: text, title: text, is_active: flag, schema: listOf(templateField) },
    {
      type: oneOf('interop', 'admin', 'basic', 'extra'),
      is_always_active: flag,
      is_system: flag,
      created_at: instant,
      created_by: relatedUser,
      updated_at: instant,
      updated_by: relatedUser,
    },
  ),
  TemplateField: templateField,
  Suggestions: object({
    hits: listOf(text),
    nb_hits: count,
    page: count,
    hits_per_page: count,
    exhaustive_nb_hits: flag,
    exhaustive_typo: flag,
    exhaustive: object({ nb_hits: flag, typo: flag }),
    query: text,
    params: text,
    processing_time_ms: count,
  }),
  Page: object(
    { slug: text, content: object({ html: texts, css: texts }) },
    {
      title: texts,
      description: text,
      template: text,
      tags: listOf(text),
      has_subdomain_copies: flag,
      is_pushed_by_parent: flag,
      is_restricted: flag,
      is_archived: flag,
      created_by: relatedUser,
      updated_by: relatedUser,
      created_at: instant,
      updated_at: instant,
    },
  ),
  PageUserRule: object({ user: relatedUser, permissions: listOf(oneOf('edit_page', 'manage_page')) }),
  PageGroupRule: object({
    group: object({ uid: text }),
    permissions: listOf(oneOf('edit_page', 'manage_page')),
  }),
  Slugs: listOf(text),
  Image: object({ url: text }),
  Version: object({
    uid: text,
    sections: listOf(text),
    created_by: relatedUser,
    can_restore: flag,
    created_at: instant,
  }),
  Schedule: object({ uid: text, cron_schedule: text }),
  HarvesterSchedule: object({ uid: text, cron_schedule: text, timezone: text }),
  Harvester: byType(
    {
      arcgis: withUrl,
      ckan: withUrl,
      csw: withUrl,
      datajson: withUrl,
      socrata: withUrl,
      ods: object({ domain: text }),
    },
    harvester,
  ),
  HarvesterErrors: object({
    harvester: orNull(text),
    resources: { type: 'object', additionalProperties: text },
  }),
  HarvesterPreview: object({
    total_count: count,
    results: listOf(object({ id: text, title: text, description: text })),
  }),
  UserRule: object({ user: relatedUser, security, permissions: listOf(datasetPermission) }),
  GroupRule: object({ group: object({ uid: text }), security, permissions: listOf(datasetPermission) }),
  User: object(
    { username: text, email: text },
    {
      display_name: text,
      first_name: text,
      last_name: text,
      is_active: flag,
      is_ods: flag,
      account_type: oneOf('global', 'linked', 'local'),
      permissions: listOf(permission),
      joined_at: orNull(instant),
      last_seen_at: orNull(instant),
      last_login_at: orNull(instant),
      expires_at: orNull(instant),
      management_limits: { type: 'object' },
      groups: orNull({ ...listOf(reference), minItems: 1 }),
      identity_providers: listOf(object({ uid: text })),
    },
  ),
  Group: object(
    { uid: text, title: text },
    {
      description: text,
      user_count: count,
      permissions: listOf(permission),
      created_at: instant,
      created_by: orNull(relatedUser),
      updated_at: instant,
      updated_by: orNull(relatedUser),
    },
  ),
  ApiKey: apiKey,
  FoundKey: object({ found: flag }, { result: orNull(apiKey) }),
  Outcomes: {
    type: 'object',
    additionalProperties: object(
      { status_code: oneOf('success', 'error') },
      { data: { type: 'object' }, error: { type: 'object' } },
    ),
  },
} as const satisfies Record<string, Schema>

type ShapeName = keyof typeof shapes

/** What an answer holds: one object, a page of them, a bare list, bytes, nothing, or an error of this code. */
export type AnswerShape =
  | ShapeName
  | `page of ${ShapeName | 'nothing'}`
  | `list of ${ShapeName}`
  | 'bytes'
  | 'csv'
  | 'nothing'
  | 'anything'

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
const compiled = new Map<string, ValidateFunction>()

function schemaOf(answer: string): Schema {
  const [, kind, name] = /^(?:(page|list) of )?(\w+)$/.exec(answer)!
  const one = name === 'nothing' ? any : name === 'anything' ? any : shapes[name as ShapeName]
  if (kind === 'list') return listOf(one)
  if (kind !== 'page') return one
  return object({
    total_count: orNull(count),
    next: orNull(text),
    previous: orNull(text),
    results: name === 'nothing' ? { ...listOf(any), maxItems: 0 } : listOf(one),
  })
}

/** Why a client would refuse the answer; null when it takes it. */
export function faultIn(answer: AnswerShape, json: unknown): string | null {
  const validate = compiled.get(answer) ?? ajv.compile(schemaOf(answer))
  compiled.set(answer, validate)
  return validate(json) ? null : JSON.stringify(validate.errors!.slice(0, 4))
}

const errorShape = ajv.compile(
  object({ error_code: text, message: text }, { trace_id: text, detail: { type: 'object' } }),
)

/** The envelope of a refusal: section 2.3. */
export const isErrorShape = (json: unknown): boolean => errorShape(json)
