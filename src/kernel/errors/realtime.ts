import { defineErrors } from './spec.ts'

export const realtimeErrors = defineErrors({
  'realtime.unknown_resource': {
    status: 404,
    errorKey: 'UnknownRealtimeResourceException',
    message: 'There is no resource {resource_uid} that takes pushed records in this dataset',
    hint: 'Add a resource of type realtime; its address is in the answer',
  },
  'realtime.wrong_key': {
    status: 401,
    errorKey: 'WrongPushKeyException',
    message: 'The push key is missing or wrong',
    hint: 'Send it as ?pushkey=; a lost key is replaced by renew_api_key',
  },
  'realtime.disabled': {
    status: 403,
    errorKey: 'PushDisabledException',
    message: 'Pushing to {resource_uid} is disabled',
  },
  'realtime.not_published': {
    status: 400,
    errorKey: 'PushNeedsPublicationException',
    message: 'The dataset {dataset_id} is not published: nothing can be pushed to it',
    hint: 'Publish it first',
  },
  'realtime.invalid_record': {
    status: 400,
    errorKey: 'InvalidPushException',
    message: 'Nothing of this push was kept: {reason}',
    hint: 'Send one JSON object, or an array of them; each is a record',
  },
  'realtime.too_many_deletions': {
    status: 400,
    errorKey: 'TooManyDeletionsException',
    message: 'No more than {max} deletions of this kind can be kept',
    hint: 'Unpublish the dataset and scratch what was pushed, or push to a new resource',
  },
  'realtime.too_much_kept': {
    status: 413,
    errorKey: 'TooMuchPushedException',
    message: 'The pushes that are kept of this resource take more than {max_mb} MiB',
    hint: 'Unpublish the dataset and scratch what was pushed, or push to a new resource; the operator sets the limit with BROADSHEET_REALTIME_KEPT_MB',
  },
  'realtime.nothing_kept': {
    status: 400,
    errorKey: 'NothingToRecoverException',
    message: 'There are no pushed records to recover',
  },
})
