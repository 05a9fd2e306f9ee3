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
    message: 'At least one of label, permissions, datasets and expires_at must be given',
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
  'access.cannot_grant': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'You cannot give {permission} to anybody: you do not have it here yourself',
  },
  'access.unknown_user': {
    status: 404,
    errorKey: 'UnknownUsernameException',
    message: 'Unknown username: {username}',
  },
  'access.unknown_group': {
    status: 404,
    errorKey: 'UnknownGroupException',
    message: 'Unknown group: {group_id}',
  },
  'access.unknown_ruleset': {
    status: 404,
    errorKey: 'UnknownRulesetException',
    message: 'This dataset has no ruleset for the {target} {name}',
    hint: 'POST makes one',
  },
  'access.ruleset_exists': {
    status: 400,
    errorKey: 'RulesetExistsException',
    message: 'This dataset has a ruleset for the {target} {name} already',
    hint: 'PUT changes it',
  },
  'access.default_ruleset_permissions': {
    status: 400,
    errorKey: 'InvalidRulesetException',
    message: 'The default ruleset gives nobody permissions',
    hint: 'Give them to users or groups',
  },
  'access.invalid_filter_query': {
    status: 400,
    errorKey: 'InvalidRulesetException',
    message: 'The filter_query cannot be used: {reason}',
    hint: 'It is the where of a query over the records of this dataset; an empty text shows all records',
  },
  'access.partly_visible': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'You do not see all of the dataset {dataset_uid}: no other can be made of it',
  },
  'access.owner_may_not_see': {
    status: 403,
    errorKey: 'OwnerMayNotException',
    message: 'The dataset belongs to {username}, who does not see all of {dataset}, of which it is made',
    hint: 'Give its owner a ruleset there, or take the resource or processor out',
  },
  'access.last_administrator': {
    status: 400,
    errorKey: 'LastAdministratorException',
    message: 'Nobody would be left who may administer this domain',
    hint: 'Give edit_domain to somebody else who can sign in first',
  },
  'access.group_exists': {
    status: 400,
    errorKey: 'GroupExistsException',
    message: 'There is a group {group_id} already',
  },
  'access.invalid_group_title': {
    status: 400,
    errorKey: 'InvalidGroupException',
    message: 'The title of a group needs a letter or a digit from a to z',
  },
  'access.expired_already': {
    status: 400,
    errorKey: 'InvalidParameterException',
    message: 'The time at which the key expires is past',
  },
  'access.quota_exceeded': {
    status: 429,
    errorKey: 'QuotaExceededException',
    message: 'The quota of {max} calls per {unit} is used up: {subject}',
    hint: 'Go on in {retryAfterSeconds} s',
  },
  'access.too_many_datasets': {
    status: 429,
    errorKey: 'QuotaExceededException',
    message: 'You may have {limit} datasets, and have {count}',
    hint: 'Delete one, or ask an administrator for more',
  },
})
