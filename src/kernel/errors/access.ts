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
  'access.not_signed_in': {
    status: 401,
    errorKey: 'AuthenticationRequiredException',
    message: 'Nobody is signed in, or the session has ended',
    hint: 'Sign in with POST /api/auth/v1/session',
  },
  'access.too_many_attempts': {
    status: 429,
    errorKey: 'TooManyAttemptsException',
    message: 'More than {max} attempts to sign in have failed',
    hint: 'Try again in {retryAfterSeconds} s',
  },
  'access.csrf_token_needed': {
    status: 403,
    errorKey: 'CSRFTokenNeededException',
    exploreCode: 'Forbidden',
    message:
      'A session by cookie needs the header X-CSRF-Token for this, and it is missing or of another session',
    hint: 'GET /api/auth/v1/session answers the token as csrf_token',
  },
  'access.foreign_origin': {
    status: 403,
    errorKey: 'ForeignOriginException',
    exploreCode: 'Forbidden',
    message: 'A session can be begun and used from pages of this server only, not from {origin}',
    hint: 'Behind a proxy: let it pass on Host and X-Forwarded-Proto, and name it in BROADSHEET_TRUSTED_PROXIES',
  },
  'access.too_many_requests': {
    status: 429,
    errorKey: 'TooManyRequestsException',
    message: 'This can be asked for {max} times in an hour',
    hint: 'Try again in {retryAfterSeconds} s',
  },
  'access.password_refused': {
    status: 400,
    errorKey: 'PasswordRefusedException',
    message: 'The password cannot be used: {reason}',
    hint: 'Several words that have nothing to do with each other are a good password',
  },
  'access.wrong_password': {
    status: 403,
    errorKey: 'WrongPasswordException',
    message: 'The present password is not right',
  },
  'access.token_worthless': {
    status: 400,
    errorKey: 'TokenWorthlessException',
    message: 'The link has been used, is too old, or another has taken its place',
    hint: 'Ask for a new one',
  },
  'access.no_address': {
    status: 409,
    errorKey: 'NoAddressException',
    message: 'The user {username} has no e-mail address',
  },
  'access.account_in_use': {
    status: 409,
    errorKey: 'AccountInUseException',
    message: 'The user {username} has a password already',
    hint: 'Who has forgotten it asks for a new one',
  },
  'access.invalid_address': {
    status: 400,
    errorKey: 'InvalidAddressException',
    message: 'This is not an e-mail address: {email}',
  },
  'access.account_needs_password': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'An account cannot be changed with an API key',
    hint: 'Use a user name and password, or sign in',
  },
  'access.unknown_session': {
    status: 404,
    errorKey: 'UnknownSessionException',
    message: 'Unknown session: {session_uid}',
  },
  'access.unknown_user': {
    status: 404,
    errorKey: 'UnknownUserException',
    message: 'Unknown user: {username}',
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
