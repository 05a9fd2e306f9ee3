/** The envelope of the Automation API, section 2.3. `hint` and `error_id` are ours. */
import {
  type AppError,
  type ErrorKey,
  errorSpec,
  type Language,
  reasonInFrench,
  wordsOf,
} from '../../kernel/index.ts'

/** Codes that clients of the platform know; the rest is told apart by status. */
const codes: Partial<Record<ErrorKey, string>> = {
  'actions.invalid_status': 'invalid_dataset_status',
  'actions.not_published': 'invalid_dataset_status',
  'realtime.not_published': 'invalid_dataset_status',
  'harvest.invalid_status': 'invalid_harvester_status',
}

const codesByStatus: Readonly<Record<number, string>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'payload_too_large',
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'service_unavailable',
}

/** What an envelope says whose reasons are in its `detail`. */
const general: Readonly<Record<Language, { readonly invalid: string; readonly notFound: string }>> = {
  en: { invalid: 'Invalid input', notFound: 'Not found.' },
  fr: { invalid: 'Saisie incorrecte', notFound: 'Introuvable.' },
}

/** Which property of a body an error speaks of, where none of its parameters says so. */
const properties: Partial<Record<ErrorKey, string>> = {
  'access.nothing_to_update': 'label',
  'access.cannot_grant': 'permissions',
  'access.default_ruleset_permissions': 'permissions',
  'access.group_exists': 'title',
  'access.invalid_filter_query': 'security.filter_query',
  'access.invalid_group_title': 'title',
  'access.unknown_permission': 'permissions',
  'catalog.connection_mismatch': 'datasource.connection',
  'catalog.connection_name_taken': 'name',
  'catalog.dataset_id_mandatory': 'dataset_id',
  'catalog.dataset_id_taken': 'dataset_id',
  'catalog.dataset_is_published': 'dataset_id',
  'catalog.invalid_dataset_id': 'dataset_id',
  'catalog.invalid_resource_url': 'datasource',
  'catalog.secret_needed': 'auth',
  'catalog.visibility_invalid': 'is_restricted',
  'harvest.unknown_type': 'type',
  'ingest.unknown_extractor': 'type',
  'ingest.unknown_processor': 'type',
  'pages.invalid_image': 'file',
  'pages.page_right_taken': 'user',
  'pages.slug_taken': 'slug',
  'pages.unknown_subject': 'user',
  'schedules.invalid_cron': 'cron_schedule',
  'schedules.invalid_timezone': 'timezone',
  'schedules.too_many': 'cron_schedule',
  'schedules.too_often': 'cron_schedule',
}

export function automationError(
  error: AppError,
  language: Language,
  traceId: string,
): Record<string, unknown> {
  const { status } = errorSpec(error.key)
  const { message, hint } = wordsOf(error, language)
  const detail = status === 400 ? detailOf(error, language) : null
  const own = {
    error_id: error.key,
    ...(hint === '' ? {} : { hint }),
  }
  if (detail !== null)
    return { error_code: 'validation_error', message: general[language].invalid, detail, ...own }
  if (status === 404)
    return {
      error_code: 'not_found',
      message: general[language].notFound,
      detail: { reason: message },
      ...own,
    }
  const error_code = codes[error.key] ?? codesByStatus[status] ?? 'bad_request'
  return { error_code, message, ...(status >= 500 ? { trace_id: traceId } : {}), ...own }
}

/** `{property: [reason]}`; null when the error speaks of no property of the request. */
function detailOf(error: AppError, language: Language): Record<string, string[]> | null {
  if (error.errors.length > 0)
    return Object.assign(
      {},
      ...error.errors.map(
        (inner) => detailOf(inner, language) ?? { body: [wordsOf(inner, language).message] },
      ),
    )
  const property = propertyOf(error)
  if (property === null) return null
  const { expected } = error.params
  const { message } = wordsOf(error, language)
  if (typeof expected !== 'string') return { [property]: [message] }
  return { [property]: [language === 'fr' ? reasonInFrench(expected) : expected] }
}

function propertyOf({ key, params }: AppError): string | null {
  if (key === 'catalog.invalid_metadata' || key === 'catalog.unknown_metadata')
    return ['metadata', params.template, params.name].filter((name) => name !== '').join('.')
  if (key === 'ingest.invalid_parameter') return `params.${params.parameter}`
  const known = properties[key] ?? params.parameter ?? params.argument ?? params.property ?? params.option
  return known === undefined ? null : String(known)
}
