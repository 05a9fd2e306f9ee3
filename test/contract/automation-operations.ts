/**
 * Every operation of the Automation API v1.0, from the tables of its specification: method, path, what is sent, the exact
 * status, what is answered. In an order in which each has what it needs; `test/contract/automation.test.ts` runs it against
 * one server. Data only; long on purpose.
 */
import type { AnswerShape } from '../support/automation-shapes.ts'

/** What earlier operations answered, by the names of path parameters and some more. */
export type World = Record<string, string>

export interface Operation {
  /** As the specification calls it. */
  readonly operation: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/api/automation/v1.0`, with `{parameters}`. */
  readonly path: string
  readonly status: 200 | 201 | 204 | 400 | 401 | 403 | 404 | 409
  readonly answer: AnswerShape
  /** Of a refusal. */
  readonly code?: string
  readonly query?: (world: World) => string
  readonly body?: (world: World) => unknown
  /** A key cannot make or change keys: those operations come with a password. */
  readonly by?: 'password'
  /** Kept for the operations behind. */
  readonly keep?: Readonly<Record<string, (json: never) => string>>
  /** Path parameters that are others here. */
  readonly as?: (world: World) => World
  /** What has to be the case before. */
  readonly given?: 'a publish runs' | 'a harvest runs' | 'a record was pushed'
  /** The dataset or harvester is at work after it. */
  readonly until?: 'the dataset rests' | 'the harvester rests'
}

const uid = (json: { uid: string }) => json.uid
const formOf = (name: string, content: string, fields: Record<string, string> = {}) => {
  const form = new FormData()
  for (const [field, text] of Object.entries(fields)) form.append(field, text)
  form.append('file', new Blob([content], { type: 'text/csv' }), name)
  return form
}
const cheeseCsv = 'id,name,weight\n1,Brie,2 kg\n2,Comté,40 kg\n3,Reblochon,x\n'
const uploaded = ({ file_uid }: World) => ({ type: 'uploaded_file', file: { uid: file_uid } })
const dataset = '/datasets/{dataset_uid}/'
const fields = `${dataset}fields/`
const processors = `${dataset}processors/`
const resources = `${dataset}resources/`
const resource = `${resources}{resource_uid}/`
const files = `${resources}files/`
const metadata = `${dataset}metadata/`
const title = { template_name: 'default', template_field_name: 'title' }
const connections = '/datasource_connections/'
const connection = `${connections}{connection_uid}/`
const versions = `${dataset}versions/`
const harvester = '/harvesters/{harvester_uid}/'

const datasetOperations: readonly Operation[] = [
  {
    operation: 'create-dataset',
    method: 'POST',
    path: '/datasets/',
    status: 201,
    answer: 'Dataset',
    body: () => ({
      dataset_id: 'cheeses',
      metadata: { default: { title: { value: 'Cheeses' }, keyword: { value: ['milk'] } } },
    }),
    keep: { dataset_uid: uid },
  },
  {
    operation: 'list-datasets',
    method: 'GET',
    path: '/datasets/',
    status: 200,
    answer: 'page of Dataset',
    query: () => 'dataset_id=cheeses&limit=1&offset=0',
  },
  { operation: 'retrieve-dataset', method: 'GET', path: dataset, status: 200, answer: 'Dataset' },
  {
    operation: 'update-dataset',
    method: 'PUT',
    path: dataset,
    status: 200,
    answer: 'Dataset',
    // As the client sends it back: with what may only be read.
    body: ({ dataset_uid }) => ({
      uid: dataset_uid,
      dataset_id: 'cheeses',
      is_published: false,
      is_restricted: false,
      metadata: { default: { title: { value: 'Cheeses of the world' } } },
      default_security: null,
    }),
  },
  {
    operation: 'get-dataset-status',
    method: 'GET',
    path: `${dataset}status/`,
    status: 200,
    answer: 'Status',
  },
]

const sourceOperations: readonly Operation[] = [
  {
    operation: 'list-extractors',
    method: 'GET',
    path: '/extractors/',
    status: 200,
    answer: 'list of Extractor',
  },
  {
    operation: 'upload-file',
    method: 'POST',
    path: files,
    status: 201,
    answer: 'File',
    body: () => formOf('cheeses.csv', cheeseCsv),
    keep: { file_uid: uid },
  },
  { operation: 'file-info', method: 'GET', path: `${files}{file_uid}/`, status: 200, answer: 'File' },
  {
    operation: 'download-file',
    method: 'GET',
    path: `${files}{file_uid}/download/`,
    status: 200,
    answer: 'bytes',
  },
  {
    operation: 'guess-unsaved-extractors',
    method: 'POST',
    path: `${resources}guess_extractors/`,
    status: 200,
    answer: 'list of Extractor',
    body: (world) => ({ datasource: uploaded(world) }),
  },
  {
    operation: 'guess-unsaved-extractor-params',
    method: 'POST',
    path: `${resources}guess_extractor_params/`,
    status: 200,
    answer: 'ExtractorGuess',
    body: (world) => ({ datasource: uploaded(world), type: 'csvfile' }),
  },
  {
    operation: 'preview-unsaved-resource',
    method: 'POST',
    path: `${resources}preview/`,
    status: 200,
    answer: 'Preview',
    body: (world) => ({ datasource: uploaded(world), type: 'csvfile', params: {} }),
  },
  {
    operation: 'create-resource',
    method: 'POST',
    path: resources,
    status: 201,
    answer: 'Resource',
    body: (world) => ({
      type: 'csvfile',
      title: 'Cheeses',
      params: { headers_first_row: true },
      datasource: uploaded(world),
    }),
    keep: { resource_uid: uid },
  },
  {
    operation: 'list-resources',
    method: 'GET',
    path: resources,
    status: 200,
    answer: 'page of Resource',
    query: () => 'expand=datasource.connection&expand=datasource.dataset',
  },
  { operation: 'retrieve-resource', method: 'GET', path: resource, status: 200, answer: 'Resource' },
  {
    operation: 'update-resource',
    method: 'PUT',
    path: resource,
    status: 200,
    answer: 'Resource',
    body: (world) => ({
      uid: world.resource_uid,
      type: 'csvfile',
      title: 'Cheeses, renamed',
      datasource: uploaded(world),
    }),
  },
  {
    operation: 'guess-extractors',
    method: 'GET',
    path: `${resource}guess_extractors/`,
    status: 200,
    answer: 'list of Extractor',
  },
  {
    operation: 'guess-extractors-params',
    method: 'GET',
    path: `${resource}guess_extractors_params/`,
    status: 200,
    answer: 'ExtractorGuess',
  },
  {
    operation: 'preview-resource',
    method: 'GET',
    path: `${resource}preview/`,
    status: 200,
    answer: 'Preview',
  },
  {
    operation: 'clean-cache',
    method: 'POST',
    path: `${resource}clean_cache/`,
    status: 204,
    answer: 'nothing',
  },
  {
    operation: 'create-field',
    method: 'POST',
    path: fields,
    status: 201,
    answer: 'Field',
    body: () => ({
      type: 'rename',
      label: 'Renamed',
      from_name: 'weight',
      to_name: 'mass',
      field_label: 'Mass',
    }),
    keep: { field_uid: uid },
  },
  {
    operation: 'list-fields',
    method: 'GET',
    path: fields,
    status: 200,
    answer: 'page of Field',
  },
  { operation: 'retrieve-field', method: 'GET', path: `${fields}{field_uid}/`, status: 200, answer: 'Field' },
  {
    operation: 'update-field',
    method: 'PUT',
    path: `${fields}{field_uid}/`,
    status: 200,
    answer: 'Field',
    body: ({ field_uid }) => ({
      uid: field_uid,
      type: 'type',
      label: '',
      field: 'weight',
      type_param: 'int',
    }),
  },
  {
    operation: 'list-processor-types',
    method: 'GET',
    path: '/processors/',
    status: 200,
    answer: 'list of ProcessorType',
  },
  {
    operation: 'create-processor',
    method: 'POST',
    path: processors,
    status: 201,
    answer: 'Processor',
    body: () => ({ type: 'string_replace', label: 'Drop unit', field: 'weight', old: ' kg', new: '' }),
    keep: { processor_uid: uid },
  },
  { operation: 'list-processors', method: 'GET', path: processors, status: 200, answer: 'page of Processor' },
  {
    operation: 'retrieve-processor',
    method: 'GET',
    path: `${processors}{processor_uid}/`,
    status: 200,
    answer: 'Processor',
  },
  {
    operation: 'update-processor',
    method: 'PUT',
    path: `${processors}{processor_uid}/`,
    status: 200,
    answer: 'Processor',
    body: ({ processor_uid }) => ({
      uid: processor_uid,
      type: 'string_replace',
      label: 'Drop the unit',
      field: 'weight',
      old: ' kg',
      new: '',
    }),
  },
]

const templates = '/metadata/templates/'
const template = `${templates}{template_name}/`
const templateField = `${template}fields/{template_field_name}/`
const quality = { template_name: 'quality', template_field_name: 'level' }

const templateOperations: readonly Operation[] = [
  {
    operation: 'create-template',
    method: 'POST',
    path: templates,
    status: 201,
    answer: 'Template',
    body: () => ({
      name: 'quality',
      title: 'Quality',
      type: 'basic',
      is_active: true,
      schema: [{ name: 'level', type: 'enum', label: 'Level', choices: ['low', 'high'], help_text: null }],
    }),
  },
  {
    operation: 'list-templates',
    method: 'GET',
    path: templates,
    status: 200,
    answer: 'page of Template',
    query: () => 'is_active=true&limit=100',
  },
  {
    operation: 'retrieve-template',
    method: 'GET',
    path: template,
    status: 200,
    answer: 'Template',
    as: () => quality,
  },
  {
    operation: 'update-template',
    method: 'PUT',
    path: template,
    status: 200,
    answer: 'Template',
    as: () => quality,
    body: () => ({
      name: 'quality',
      title: 'Quality of data',
      is_active: true,
      schema: [{ name: 'level', type: 'enum', label: 'Level', choices: ['low', 'high'], suggest_url: null }],
    }),
  },
  {
    operation: 'list-template-fields',
    method: 'GET',
    path: `${template}fields/`,
    status: 200,
    answer: 'page of TemplateField',
    as: () => quality,
  },
  {
    operation: 'retrieve-template-field',
    method: 'GET',
    path: templateField,
    status: 200,
    answer: 'TemplateField',
    as: () => quality,
  },
  {
    operation: 'suggest-template-field',
    method: 'GET',
    path: `${templateField}suggest/`,
    status: 200,
    answer: 'Suggestions',
    as: () => quality,
    query: () => 'query=hi&count=5',
  },
  {
    operation: 'delete-template',
    method: 'DELETE',
    path: template,
    status: 204,
    answer: 'nothing',
    as: () => quality,
  },
]

const attachments = `${dataset}attachments/`
const attachment = `${attachments}{attachment_uid}/`
const exportsOfHere = `${dataset}alternative_exports/`
const exportOfHere = `${exportsOfHere}{export_uid}/`

const attachedOperations: readonly Operation[] = [
  {
    operation: 'create-attachment',
    method: 'POST',
    path: attachments,
    status: 201,
    answer: 'File',
    body: () => formOf('notes.txt', 'how it was measured'),
    keep: { attachment_uid: uid },
  },
  { operation: 'list-attachments', method: 'GET', path: attachments, status: 200, answer: 'page of File' },
  { operation: 'retrieve-attachment', method: 'GET', path: attachment, status: 200, answer: 'File' },
  {
    operation: 'download-attachment',
    method: 'GET',
    path: `${attachment}download/`,
    status: 200,
    answer: 'bytes',
  },
  { operation: 'delete-attachment', method: 'DELETE', path: attachment, status: 204, answer: 'nothing' },
  {
    operation: 'create-export',
    method: 'POST',
    path: exportsOfHere,
    status: 201,
    answer: 'Export',
    body: () =>
      formOf('cheeses.pdf', '%PDF', { title: 'As a book', type: 'uploaded_file', description: 'To print' }),
    keep: { export_uid: uid },
  },
  { operation: 'list-exports', method: 'GET', path: exportsOfHere, status: 200, answer: 'page of Export' },
  { operation: 'retrieve-export', method: 'GET', path: exportOfHere, status: 200, answer: 'Export' },
  {
    operation: 'update-export',
    method: 'PUT',
    path: exportOfHere,
    status: 200,
    answer: 'Export',
    body: () => ({ title: 'As a booklet', type: 'uploaded_file', description: 'To fold' }),
  },
  {
    operation: 'download-export',
    method: 'GET',
    path: `${exportOfHere}download/`,
    status: 200,
    answer: 'bytes',
  },
  { operation: 'delete-export', method: 'DELETE', path: exportOfHere, status: 204, answer: 'nothing' },
]

const metadataOperations: readonly Operation[] = [
  { operation: 'get-metadata', method: 'GET', path: metadata, status: 200, answer: 'Metadata' },
  {
    operation: 'replace-metadata',
    method: 'PUT',
    path: metadata,
    status: 200,
    answer: 'Metadata',
    body: () => ({
      default: { title: { value: 'Cheeses' }, keyword: { value: ['milk', 'food'] } },
      asset_content_configuration: { facets: { value: [{ field_name: 'name', disjunctive: true }] } },
    }),
  },
  {
    operation: 'get-metadata-template',
    method: 'GET',
    path: `${metadata}{template_name}/`,
    status: 200,
    answer: 'MetadataTemplateValues',
    as: () => title,
  },
  {
    operation: 'replace-metadata-template',
    method: 'PUT',
    path: `${metadata}{template_name}/`,
    status: 200,
    answer: 'MetadataTemplateValues',
    as: () => title,
    body: () => ({ title: { value: 'Cheese' }, description: { value: '<p>Of the world</p>' } }),
  },
  {
    operation: 'get-metadata-field',
    method: 'GET',
    path: `${metadata}{template_name}/{template_field_name}/`,
    status: 200,
    answer: 'MetadataValue',
    as: () => title,
  },
  {
    operation: 'update-metadata-field',
    method: 'PUT',
    path: `${metadata}{template_name}/{template_field_name}/`,
    status: 200,
    answer: 'MetadataValue',
    as: () => title,
    body: () => ({ value: 'Cheeses' }),
  },
  {
    operation: 'delete-metadata-field',
    method: 'DELETE',
    path: `${metadata}{template_name}/{template_field_name}/`,
    status: 204,
    answer: 'nothing',
    as: () => ({ template_name: 'default', template_field_name: 'description' }),
  },
]

const actionOperations: readonly Operation[] = [
  {
    operation: 'publish-dataset',
    method: 'POST',
    path: `${dataset}publish/`,
    status: 200,
    answer: 'Ok',
    until: 'the dataset rests',
  },
  {
    operation: 'publish-dataset-metadata',
    method: 'POST',
    path: `${dataset}publish_metadata/`,
    status: 200,
    answer: 'Ok',
    until: 'the dataset rests',
  },
  {
    operation: 'abort-dataset',
    method: 'POST',
    path: `${dataset}abort/`,
    status: 200,
    answer: 'Ok',
    given: 'a publish runs',
    as: ({ stuck_dataset_uid }) => ({ dataset_uid: stuck_dataset_uid! }),
    until: 'the dataset rests',
  },
  {
    operation: 'copy-dataset',
    method: 'POST',
    path: `${dataset}copy/`,
    status: 201,
    answer: 'Dataset',
    keep: { copy_uid: uid },
  },
]

const realtimeOperations: readonly Operation[] = [
  {
    operation: 'create-resource',
    method: 'POST',
    path: resources,
    status: 201,
    answer: 'Resource',
    body: () => ({ type: 'realtime', title: 'Pushed' }),
    keep: {
      pushed_uid: uid,
      push_url: (json: { url: string }) => json.url,
    },
  },
  ...(['disable', 'enable', 'renew_api_key', 'recover', 'delete_recover_data'] as const).map(
    (path): Operation => ({
      operation: `${path}-resource`,
      method: 'POST',
      path: `${resource}${path}/`,
      status: 200,
      answer: 'Resource',
      as: ({ pushed_uid }) => ({ resource_uid: pushed_uid! }),
      ...(path === 'renew_api_key' ? { keep: { push_url: (json: { url: string }) => json.url } } : {}),
      ...(path === 'recover' ? { given: 'a record was pushed', until: 'the dataset rests' } : {}),
    }),
  ),
]

const connectionRules = (kind: 'users' | 'groups', holder: string): Operation[] => {
  const rules = `${connection}security/${kind}/`
  const rule = `${rules}{${holder}}/`
  const named = kind === 'users' ? { user: { username: 'admin' } } : { group: { uid: 'gr_nobody' } }
  const body = () => ({ ...named, permissions: ['manage_connection'] })
  const as = () => ({ username: 'admin', group_uid: 'gr_nobody' })
  return [
    {
      operation: `list-connection-${kind}`,
      method: 'GET',
      path: rules,
      status: 200,
      answer: 'page of nothing',
    },
    // Whoever may edit datasets may manage every connection: other rights cannot be given, and are refused in words.
    {
      operation: `add-connection-${kind}`,
      method: 'POST',
      path: rules,
      status: 400,
      code: 'validation_error',
      answer: 'anything',
      body,
    },
    ...(['GET', 'PUT', 'DELETE'] as const).map(
      (method): Operation => ({
        operation: `${method.toLowerCase()}-connection-${kind}`,
        method,
        path: rule,
        status: 404,
        code: 'not_found',
        answer: 'anything',
        as,
        ...(method === 'PUT' ? { body } : {}),
      }),
    ),
  ]
}

const connectionOperations: readonly Operation[] = [
  {
    operation: 'create-connection',
    method: 'POST',
    path: connections,
    status: 201,
    answer: 'Connection',
    body: () => ({
      type: 'http',
      url: 'https://data.example.org/files',
      headers: [],
      auth: { type: 'basic_auth', username: 'ada', password: 'a secret of the tests' },
    }),
    keep: { connection_uid: uid },
  },
  {
    operation: 'list-connections',
    method: 'GET',
    path: connections,
    status: 200,
    answer: 'page of Connection',
    query: () => 'sort=-dataset_count',
  },
  { operation: 'retrieve-connection', method: 'GET', path: connection, status: 200, answer: 'Connection' },
  {
    operation: 'update-connection',
    method: 'PUT',
    path: connection,
    status: 200,
    answer: 'Connection',
    body: ({ connection_uid }) => ({
      uid: connection_uid,
      type: 'http',
      url: 'https://data.example.org/files',
      auth: { type: 'basic_auth', username: 'lovelace', password: null },
    }),
  },
  ...connectionRules('users', 'username'),
  ...connectionRules('groups', 'group_uid'),
  { operation: 'delete-connection', method: 'DELETE', path: connection, status: 204, answer: 'nothing' },
]

/** The same five for whatever can be scheduled. */
const schedules = (
  under: string,
  what: string,
  shape: 'Schedule' | 'HarvesterSchedule',
  timezone: object,
): Operation[] => [
  {
    operation: `create-${what}-schedule`,
    method: 'POST',
    path: `${under}schedules/`,
    status: 201,
    answer: shape,
    body: () => ({ cron_schedule: '0 6 * * 1', ...timezone }),
    keep: { schedule_uid: uid },
  },
  {
    operation: `list-${what}-schedules`,
    method: 'GET',
    path: `${under}schedules/`,
    status: 200,
    answer: `page of ${shape}`,
  },
  {
    operation: `retrieve-${what}-schedule`,
    method: 'GET',
    path: `${under}schedules/{schedule_uid}/`,
    status: 200,
    answer: shape,
  },
  {
    operation: `update-${what}-schedule`,
    method: 'PUT',
    path: `${under}schedules/{schedule_uid}/`,
    status: 200,
    answer: shape,
    body: ({ schedule_uid }) => ({ uid: schedule_uid, cron_schedule: '30 6 * * 1', ...timezone }),
  },
  {
    operation: `delete-${what}-schedule`,
    method: 'DELETE',
    path: `${under}schedules/{schedule_uid}/`,
    status: 204,
    answer: 'nothing',
  },
]

const historyOperations: readonly Operation[] = [
  {
    operation: 'list-versions',
    method: 'GET',
    path: versions,
    status: 200,
    answer: 'page of Version',
    keep: {
      version_uid: (json: { results: { uid: string; can_restore: boolean }[] }) =>
        json.results.find(({ can_restore }) => can_restore)!.uid,
    },
  },
  {
    operation: 'retrieve-version',
    method: 'GET',
    path: `${versions}{version_uid}/`,
    status: 200,
    answer: 'Version',
  },
  {
    operation: 'restore-version',
    method: 'POST',
    path: `${versions}{version_uid}/restore/`,
    status: 200,
    answer: 'Dataset',
  },
  ...schedules(dataset, 'dataset', 'Schedule', {}),
  {
    operation: 'list-feedbacks',
    method: 'GET',
    path: `${dataset}feedbacks/`,
    status: 200,
    answer: 'page of nothing',
    query: () => 'is_archived=false&sort=created_at',
  },
  // Readers cannot leave remarks here: there are none.
  {
    operation: 'retrieve-feedback',
    method: 'GET',
    path: `${dataset}feedbacks/{feedback_uid}/`,
    status: 404,
    code: 'not_found',
    answer: 'anything',
    as: () => ({ feedback_uid: 'fe_nothing' }),
  },
  {
    operation: 'archive-feedback',
    method: 'POST',
    path: `${dataset}feedbacks/{feedback_uid}/archive/`,
    status: 404,
    code: 'not_found',
    answer: 'anything',
    as: () => ({ feedback_uid: 'fe_nothing' }),
  },
]

const people = (): Operation[] => [
  {
    operation: 'invite-users',
    method: 'POST',
    path: '/users/invite/',
    status: 200,
    answer: 'Outcomes',
    body: () => [
      { email: 'ada@example.org', first_name: 'Ada', permissions: ['create_dataset'] },
      { email: 'nobody' },
    ],
    keep: { username: (json: { 0: { data: { username: string } } }) => json[0].data.username },
  },
  {
    operation: 'provision-users',
    method: 'POST',
    path: '/users/provision/',
    status: 200,
    answer: 'Outcomes',
    body: () => ({
      email: 'bob@example.org',
      identity_provider: { uid: 'idp' },
      identity_provider_attributes: {},
    }),
  },
  {
    operation: 'list-users',
    method: 'GET',
    path: '/users/',
    status: 200,
    answer: 'page of User',
    query: () =>
      'search=a&sort=-last_seen_at&sort=username&permissions=create_dataset&all_permissions=create_dataset',
  },
  { operation: 'retrieve-user', method: 'GET', path: '/users/{username}/', status: 200, answer: 'User' },
  {
    operation: 'update-user',
    method: 'PUT',
    path: '/users/{username}/',
    status: 200,
    answer: 'User',
    body: ({ username }) => ({
      username,
      email: 'ada@example.org',
      last_name: 'Lovelace',
      permissions: ['create_dataset', 'edit_dataset'],
      explore_limits: { api_calls: { limit: 1000, unit: 'day' } },
      management_limits: { max_datasets: 5 },
      is_ods: false,
    }),
  },
  { operation: 'export-users', method: 'GET', path: '/users/export/', status: 200, answer: 'csv' },
  {
    operation: 'create-group',
    method: 'POST',
    path: '/groups/',
    status: 201,
    answer: 'Group',
    // The client's model wants a uid although it may only be read.
    body: () => ({
      uid: 'any',
      title: 'Editors',
      description: 'Of cheese',
      permissions: ['publish_dataset'],
    }),
    keep: { group_uid: uid },
  },
  {
    operation: 'list-groups',
    method: 'GET',
    path: '/groups/',
    status: 200,
    answer: 'page of Group',
    query: () => 'search=edit&sort=-user_count&permissions=publish_dataset',
  },
  { operation: 'retrieve-group', method: 'GET', path: '/groups/{group_uid}/', status: 200, answer: 'Group' },
  {
    operation: 'update-group',
    method: 'PUT',
    path: '/groups/{group_uid}/',
    status: 200,
    answer: 'Group',
    body: ({ group_uid }) => ({ uid: group_uid, title: 'Editors of cheese' }),
  },
  {
    operation: 'add-group-user',
    method: 'POST',
    path: '/groups/{group_uid}/users/',
    status: 201,
    answer: 'User',
    body: ({ username }) => ({ username }),
  },
  {
    operation: 'add-group-users',
    method: 'POST',
    path: '/groups/{group_uid}/users/batch/',
    status: 200,
    answer: 'Outcomes',
    body: ({ username }) => [{ username }, { username: 'nobody' }],
  },
  {
    operation: 'list-group-users',
    method: 'GET',
    path: '/groups/{group_uid}/users/',
    status: 200,
    answer: 'page of User',
  },
]

const rulesets = (kind: 'user' | 'group'): Operation[] => {
  const all = `${dataset}security/${kind}s/`
  const one = `${all}{${kind === 'user' ? 'username' : 'group_uid'}}/`
  const answer = kind === 'user' ? 'UserRule' : 'GroupRule'
  const named = (world: World) =>
    kind === 'user' ? { user: { username: world.username } } : { group: { uid: world.group_uid } }
  const security = { is_data_visible: true, visible_fields: null, filter_query: '', api_calls_quota: null }
  return [
    {
      operation: `create-${kind}-security`,
      method: 'POST',
      path: all,
      status: 201,
      answer,
      body: (world) => ({
        ...named(world),
        security: { ...security, visible_fields: ['name'], api_calls_quota: { unit: 'day', limit: 10 } },
        permissions: ['explore_restricted_dataset'],
      }),
    },
    {
      operation: `list-${kind}-security`,
      method: 'GET',
      path: all,
      status: 200,
      answer: `page of ${answer}`,
    },
    { operation: `retrieve-${kind}-security`, method: 'GET', path: one, status: 200, answer },
    {
      operation: `update-${kind}-security`,
      method: 'PUT',
      path: one,
      status: 200,
      answer,
      body: (world) => ({ ...named(world), security, permissions: ['edit_dataset'] }),
    },
    { operation: `delete-${kind}-security`, method: 'DELETE', path: one, status: 204, answer: 'nothing' },
  ]
}

const keyOperations: readonly Operation[] = [
  {
    operation: 'create-apikey',
    method: 'POST',
    path: '/apikeys/',
    by: 'password',
    status: 201,
    answer: 'ApiKey',
    body: () => ({ label: 'Of a script', permissions: ['edit_dataset'] }),
    keep: { apikey_uid: uid, apikey: (json: { key: string }) => json.key },
  },
  {
    operation: 'list-apikeys',
    method: 'GET',
    path: '/apikeys/',
    status: 200,
    answer: 'page of ApiKey',
  },
  {
    operation: 'retrieve-apikey',
    method: 'GET',
    path: '/apikeys/{apikey_uid}/',
    by: 'password',
    status: 200,
    answer: 'ApiKey',
    query: () => 'expand=user',
  },
  {
    operation: 'update-apikey',
    method: 'PUT',
    path: '/apikeys/{apikey_uid}/',
    by: 'password',
    status: 200,
    answer: 'ApiKey',
    body: () => ({ label: 'Of another script', permissions: ['edit_dataset', 'create_dataset'] }),
  },
  {
    operation: 'search-apikey',
    method: 'POST',
    path: '/apikeys/search_key/',
    status: 200,
    answer: 'FoundKey',
    body: ({ apikey }) => ({ key: apikey }),
  },
  {
    operation: 'revoke-apikey',
    method: 'POST',
    path: '/apikeys/{apikey_uid}/revoke/',
    by: 'password',
    status: 200,
    answer: 'ApiKey',
    body: () => ({ reason: 'no longer needed' }),
  },
]

const pages = '/code_editor_pages/'
const pageOf = `${pages}{page_slug}/`
const studio = '/studio_pages/'
const studioPage = `${studio}{studio_page_uid}/`
const noStudioPage = () => ({ studio_page_uid: 'sp_nothing', username: 'admin', group_uid: 'nobody' })

const pageRules = (kind: 'user' | 'group'): Operation[] => {
  const all = `${pageOf}security/${kind}s/`
  const one = `${all}{${kind === 'user' ? 'username' : 'group_uid'}}/`
  const answer = kind === 'user' ? 'PageUserRule' : 'PageGroupRule'
  const named = (world: World) =>
    kind === 'user' ? { user: { username: world.username } } : { group: { uid: world.group_uid } }
  return [
    {
      operation: `add-page-${kind}`,
      method: 'POST',
      path: all,
      status: 200,
      answer,
      body: (world) => ({ ...named(world), permissions: ['edit_page'] }),
    },
    { operation: `list-page-${kind}s`, method: 'GET', path: all, status: 200, answer: `page of ${answer}` },
    { operation: `retrieve-page-${kind}`, method: 'GET', path: one, status: 200, answer },
    {
      operation: `update-page-${kind}`,
      method: 'PUT',
      path: one,
      status: 200,
      answer,
      body: (world) => ({ ...named(world), permissions: ['edit_page', 'manage_page'] }),
    },
    { operation: `delete-page-${kind}`, method: 'DELETE', path: one, status: 204, answer: 'nothing' },
  ]
}

/** The platform's studio is not here: there are no such pages, and none can be made. */
const noStudio = (): Operation[] => {
  const missing = (method: Operation['method'], path: string): Operation => ({
    operation: `${method.toLowerCase()} ${path}`,
    method,
    path,
    status: 404,
    code: 'not_found',
    answer: 'anything',
    as: noStudioPage,
    ...(method === 'PUT' || path.endsWith('s/') ? { body: () => ({ permissions: ['edit_page'] }) } : {}),
  })
  const rules = (kind: string, holder: string) => {
    const all = `${studioPage}security/${kind}/`
    const one = `${all}{${holder}}/`
    return [
      { ...missing('GET', all), body: () => undefined },
      missing('POST', all),
      missing('GET', one),
      missing('PUT', one),
      missing('DELETE', one),
    ]
  }
  return [
    { operation: 'list-studio-pages', method: 'GET', path: studio, status: 200, answer: 'page of nothing' },
    {
      operation: 'create-studio-page',
      method: 'POST',
      path: studio,
      status: 400,
      code: 'validation_error',
      answer: 'anything',
      body: () => ({ slug: 'cheese' }),
    },
    missing('GET', studioPage),
    missing('PUT', studioPage),
    missing('DELETE', studioPage),
    missing('POST', `${studioPage}publish/`),
    missing('POST', `${studioPage}unpublish/`),
    ...rules('users', 'username'),
    ...rules('groups', 'group_uid'),
  ]
}

const png = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII='),
  (character) => character.charCodeAt(0),
)

const contentOperations = (): Operation[] => [
  {
    operation: 'create-page',
    method: 'POST',
    path: pages,
    status: 201,
    answer: 'Page',
    body: () => ({
      slug: 'about-cheese',
      title: { en: 'About cheese' },
      description: 'All of it',
      content: { html: { en: '<p>Milk</p>' }, css: { en: 'p { color: red }' } },
      template: '',
      tags: ['cheese'],
      is_restricted: false,
      has_subdomain_copies: false,
    }),
    keep: { page_slug: (json: { slug: string }) => json.slug },
  },
  {
    operation: 'list-pages',
    method: 'GET',
    path: pages,
    status: 200,
    answer: 'page of Page',
    query: () => 'search=cheese&limit=5',
  },
  { operation: 'retrieve-page', method: 'GET', path: pageOf, status: 200, answer: 'Page' },
  {
    operation: 'update-page',
    method: 'PUT',
    path: pageOf,
    status: 200,
    answer: 'Page',
    body: () => ({ title: { en: 'Cheese' } }),
  },
  { operation: 'archive-page', method: 'POST', path: `${pageOf}archive/`, status: 200, answer: 'Done' },
  { operation: 'unarchive-page', method: 'POST', path: `${pageOf}unarchive/`, status: 200, answer: 'Done' },
  ...pageRules('user'),
  ...pageRules('group'),
  { operation: 'delete-page', method: 'DELETE', path: pageOf, status: 204, answer: 'nothing' },
  {
    operation: 'delete-pages',
    method: 'DELETE',
    path: pages,
    status: 200,
    answer: 'Slugs',
    query: () => 'search=nothing-like-it',
  },
  ...noStudio(),
  {
    operation: 'upload-image',
    method: 'POST',
    path: '/medias/images/',
    status: 201,
    answer: 'Image',
    body: () => {
      const form = new FormData()
      form.append('file', new Blob([png], { type: 'image/png' }), 'dot.png')
      return form
    },
  },
  { operation: 'list-images', method: 'GET', path: '/medias/images/', status: 200, answer: 'page of Image' },
]

const accessOperations: readonly Operation[] = [
  ...people(),
  ...rulesets('user'),
  ...rulesets('group'),
  ...keyOperations,
  ...contentOperations(),
  {
    operation: 'remove-group-user',
    method: 'DELETE',
    path: '/groups/{group_uid}/users/{username}/',
    status: 204,
    answer: 'nothing',
  },
  {
    operation: 'delete-group',
    method: 'DELETE',
    path: '/groups/{group_uid}/',
    status: 204,
    answer: 'nothing',
  },
  { operation: 'delete-user', method: 'DELETE', path: '/users/{username}/', status: 204, answer: 'nothing' },
]

const ckan = ({ portal_url }: World) => ({
  // As the client always sends it, with defaults of its own.
  type: 'ckan',
  name: 'City',
  url: portal_url,
  limit: 5,
  offset: 3,
  api_key: null,
  download_resources: false,
  delete_missing_datasets: false,
})

const harvesterOperations: readonly Operation[] = [
  {
    operation: 'create-harvester',
    method: 'POST',
    path: '/harvesters/',
    status: 201,
    answer: 'Harvester',
    body: ckan,
    keep: { harvester_uid: uid },
  },
  {
    operation: 'list-harvesters',
    method: 'GET',
    path: '/harvesters/',
    status: 200,
    answer: 'page of Harvester',
  },
  { operation: 'retrieve-harvester', method: 'GET', path: harvester, status: 200, answer: 'Harvester' },
  {
    operation: 'update-harvester',
    method: 'PUT',
    path: harvester,
    status: 200,
    answer: 'Harvester',
    body: (world) => ({ ...ckan(world), uid: world.harvester_uid, name: 'The city' }),
  },
  {
    operation: 'preview-harvester',
    method: 'GET',
    path: `${harvester}preview/`,
    status: 200,
    answer: 'HarvesterPreview',
  },
  {
    operation: 'preview-unsaved-harvester',
    method: 'POST',
    path: `${harvester}unsaved_preview/`,
    status: 200,
    answer: 'HarvesterPreview',
    body: ckan,
  },
  {
    operation: 'start-harvester',
    method: 'POST',
    path: `${harvester}start/`,
    status: 200,
    answer: 'Harvester',
    until: 'the harvester rests',
  },
  {
    operation: 'publish-harvester',
    method: 'POST',
    path: `${harvester}publish/`,
    status: 200,
    answer: 'Ok',
    until: 'the harvester rests',
  },
  {
    operation: 'unpublish-harvester',
    method: 'POST',
    path: `${harvester}unpublish/`,
    status: 200,
    answer: 'Ok',
    until: 'the harvester rests',
  },
  {
    operation: 'abort-harvester',
    method: 'POST',
    path: `${harvester}abort/`,
    status: 200,
    answer: 'Harvester',
    given: 'a harvest runs',
    until: 'the harvester rests',
  },
  {
    operation: 'list-harvester-errors',
    method: 'GET',
    path: `${harvester}errors/`,
    status: 200,
    answer: 'HarvesterErrors',
  },
  ...schedules(harvester, 'harvester', 'HarvesterSchedule', { timezone: 'Europe/Paris' }),
  {
    operation: 'delete-harvester',
    method: 'DELETE',
    path: harvester,
    status: 204,
    answer: 'nothing',
    query: () => 'delete_attached_datasets=true',
  },
]

const endOperations: readonly Operation[] = [
  {
    operation: 'unpublish-dataset',
    method: 'POST',
    path: `${dataset}unpublish/`,
    status: 200,
    answer: 'Ok',
    until: 'the dataset rests',
  },
  {
    operation: 'delete-field',
    method: 'DELETE',
    path: `${fields}{field_uid}/`,
    status: 204,
    answer: 'nothing',
  },
  {
    operation: 'delete-processor',
    method: 'DELETE',
    path: `${processors}{processor_uid}/`,
    status: 204,
    answer: 'nothing',
  },
  { operation: 'delete-resource', method: 'DELETE', path: resource, status: 204, answer: 'nothing' },
  { operation: 'delete-dataset', method: 'DELETE', path: dataset, status: 204, answer: 'nothing' },
]

export const operations: readonly Operation[] = [
  ...datasetOperations,
  ...sourceOperations,
  ...metadataOperations,
  ...templateOperations,
  ...attachedOperations,
  ...actionOperations,
  ...historyOperations,
  ...realtimeOperations,
  ...connectionOperations,
  ...harvesterOperations,
  ...accessOperations,
  ...endOperations,
]
