import { defineErrors } from './spec.ts'

export const accessErrors = defineErrors({
  'access.authentication_required': {
    status: 401,
    errorKey: 'AuthenticationRequiredException',
    message: 'This needs valid credentials',
    hint: 'Send Authorization: Apikey <key>, ?apikey=<key>, or basic authentication',
  },
  'access.invalid_credentials': {
    status: 401,
    errorKey: 'AuthenticationRequiredException',
    message: 'The credentials are not valid',
    hint: 'Check the key or the password; keys can be revoked',
  },
  'access.permission_denied': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'You may not do this: it needs {permission}',
  },
  'access.password_needed': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'API keys cannot be managed with an API key',
    hint: 'Use a user name and password',
  },
  'access.unknown_api_key': {
    status: 404,
    errorKey: 'UnknownAPIKeyException',
    message: 'Unknown API key: {key}',
  },
  'access.nothing_to_update': {
    status: 400,
    errorKey: 'PermissionsOrLabelMissingFromAPIKeyUpdateException',
    message: 'At least one of label and permissions must be given',
  },
  'access.unknown_permission': {
    status: 400,
    errorKey: 'UnknownPermissionException',
    message: 'There is no permission {permission}',
    hint: 'Use some of {known}',
  },
  'access.owner_may_not': {
    status: 403,
    errorKey: 'OwnerMayNotException',
    message: 'It belongs to {username}, who may not do this any more',
    hint: 'Have it changed by somebody who may: it is theirs then',
  },
})
