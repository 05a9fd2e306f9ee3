/** Objects of the management API beside datasets and their records: sections 10, 16, 17 and 21; templates, domain. */
import { Type } from 'typebox'
import { templateTypes } from '../../catalog/index.ts'
import { callQuota } from './access-objects.ts'
import { anything, instant, list, nullable, optional, uid, username } from './shapes.ts'

const attached = {
  url: Type.String({ description: 'odsfile://<file_id> of the upload it was made from' }),
  title: Type.String(),
  description: Type.String(),
  filename: nullable('string'),
  mimetype: nullable('string'),
  size: nullable('integer', { description: 'Bytes' }),
  created_at: instant(),
  updated_at: instant(),
}

const pageHead = {
  slug: Type.String(),
  title: anything('{language: text}'),
  description: Type.String(),
  template: Type.String(),
  tags: Type.Array(Type.String()),
  restricted: Type.Boolean(),
  last_modified: instant(),
}

const shownDomain = {
  name: Type.String(),
  description: anything('{language: text}'),
  default_language: Type.String(),
  languages: Type.Array(Type.String()),
  timezone: Type.String(),
  feedback: Type.Boolean({ description: 'Whether readers may write to publishers of datasets' }),
  contact: Type.Object({ name: Type.String(), email: Type.String(), url: Type.String() }),
  theme: Type.Object({
    colors: anything('{role: #rrggbb}'),
    logo_url: Type.String(),
    favicon_url: Type.String(),
  }),
  licenses: Type.Array(Type.Object({ id: Type.String(), label: Type.String(), url: nullable('string') })),
  themes: Type.Array(Type.Object({ id: Type.String(), labels: anything('{language: label}') })),
}

export const surfaceObjects = {
  Attachment: Type.Object({ attachment_uid: uid('at'), ...attached }),
  AlternativeExport: Type.Object({
    export_uid: uid('ae'),
    ...attached,
    type: Type.Unsafe({
      type: 'string',
      enum: ['url', 'uploaded_file'],
      description: 'url: the file is elsewhere, under url',
    }),
  }),
  MetadataTemplate: Type.Object({
    name: Type.String(),
    revision: Type.String({ description: 'As in ETag, for If-Match: another with every change' }),
    title: Type.String(),
    type: Type.Unsafe({ type: 'string', enum: [...templateTypes] }),
    purpose: Type.Unsafe({
      type: 'string',
      enum: ['general', 'interop', 'admin'],
      description: 'admin: never shown by the search API',
    }),
    is_active: Type.Boolean(),
    is_system: Type.Boolean({ description: 'It came with the server' }),
    is_always_active: Type.Boolean(),
    schema: list('MetadataField'),
    created_at: nullable('string'),
    created_by: nullable('object'),
    updated_at: nullable('string'),
    updated_by: nullable('object'),
  }),
  MetadataField: Type.Object({
    name: Type.String(),
    type: Type.String(),
    label: Type.String(),
    help_text: nullable('string'),
    choices: nullable('array'),
    labels: anything('{language: {choice: label}}'),
    requirement_level: Type.Unsafe({ type: 'string', enum: ['optional', 'recommended', 'mandatory'] }),
    i18n: Type.Boolean({ description: 'A value may be {language: value}' }),
    is_filter: Type.Boolean(),
    is_hidden: Type.Boolean(),
    self_suggest: Type.Boolean({ description: 'Values of other datasets are suggested' }),
    suggest_url: nullable('string'),
  }),
  MetadataSuggestions: Type.Object({
    hits: Type.Array(Type.String()),
    nb_hits: Type.Integer(),
    page: Type.Integer(),
    hits_per_page: Type.Integer(),
    query: Type.String(),
  }),
  Page: Type.Object({
    domain: Type.Object({ domain_id: Type.String() }),
    ...pageHead,
    content: anything('{html: {language: text}, css: {language: text}}, as written'),
    is_archived: Type.Boolean(),
    pushed_by_parent: Type.Boolean(),
    has_subdomain_copies: Type.Boolean(),
    created_at: instant(),
    last_modified_user: username(),
    author: username(),
  }),
  PageList: Type.Object({
    items: list('Page'),
    rows: Type.Integer(),
    page: Type.Integer(),
    nhits: Type.Integer(),
  }),
  PageRight: Type.Object({
    user: optional(username()),
    group: optional(Type.Object({ group_id: Type.String() })),
    permissions: Type.Array(Type.String()),
    page: Type.Object({ domain: Type.Object({ domain_id: Type.String() }), slug: Type.String() }),
    created_at: instant(),
    updated_at: instant(),
  }),
  Image: Type.Object({
    image_uid: uid('im'),
    url: Type.String({ description: 'Its path on this server' }),
    filename: Type.String(),
    mimetype: Type.String(),
    size: Type.Integer(),
    created_at: instant(),
    user: username(),
  }),
  PortalPage: Type.Object({
    ...pageHead,
    content: anything('{html: {language: text}, css: {language: text}}, cleaned'),
  }),
  PortalPageList: Type.Object({ total_count: Type.Integer(), results: Type.Array(Type.Object(pageHead)) }),
  Feedback: Type.Object({
    feedback_uid: uid('df'),
    kind: Type.Unsafe({ type: 'string', enum: ['error', 'question'] }),
    record_id: nullable('string', { description: 'Of the record that it is about' }),
    comment: Type.String(),
    user: nullable('object', { description: 'Null: a reader without an account' }),
    email: nullable('string', { description: 'Where the answer is to go' }),
    created_at: instant(),
    closed_at: nullable('string', { format: 'date-time' }),
    closed_by: nullable('object'),
  }),
  FeedbackTaken: Type.Object({ feedback_uid: uid('df'), created_at: instant() }),
  PortalDomain: Type.Object(shownDomain),
  Domain: Type.Object({
    domain_id: Type.String(),
    revision: Type.String({ description: 'As in ETag, for If-Match: another with every change' }),
    ...shownDomain,
    default_security: Type.Object({
      visibility: Type.Unsafe({
        type: 'string',
        enum: ['domain', 'restricted'],
        description: 'Of new datasets',
      }),
    }),
    quotas: callQuota('Calls of everybody together in a day; {} for no quota'),
    properties: anything('By the names that the platform has for them: metadata.themes, metadata.licenses'),
  }),
} as const
