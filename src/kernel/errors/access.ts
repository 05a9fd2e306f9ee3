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
  'access.password_set_with_key': {
    status: 403,
    errorKey: 'PermissionDeniedException',
    message: 'Passwords cannot be set with an API key',
    hint: 'Use a user name and password',
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
  'access.weak_password': {
    status: 400,
    errorKey: 'WeakPasswordException',
    message: 'A password has at least {minLength} characters',
  },
  'access.invalid_email': {
    status: 400,
    errorKey: 'InvalidEmailException',
    message: 'This is not an e-mail address: {email}',
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
