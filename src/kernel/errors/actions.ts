import { defineErrors } from './spec.ts'

export const actionErrors = defineErrors({
  // Message as the platform words it: clients match on it. Management API section 5, question 25.
  'actions.invalid_status': {
    status: 400,
    errorKey: 'InvalidDatasetStatusException',
    message: "Invalid precondition, dataset status is '{status}' but must be one of '{allowed}'",
    hint: 'What runs must end first, or be aborted; where nothing runs there is nothing to abort',
  },
  'actions.not_published': {
    status: 400,
    errorKey: 'InvalidDatasetStatusException',
    message:
      'Dataset {dataset_uid} is not published: there is nothing whose metadata could change for readers',
    hint: 'Publish it: that shows its metadata too',
  },
  'actions.unknown_version': {
    status: 404,
    errorKey: 'UnknownVersionException',
    message: 'Unknown version: {version_uid}',
  },
  'actions.version_without_data': {
    status: 400,
    errorKey: 'VersionWithoutDataException',
    message: 'Version {version_uid} holds no data: the dataset was not published when it was saved',
    hint: 'Restore its configuration alone, with restore=configuration',
  },
  'actions.nothing_to_undo': {
    status: 400,
    errorKey: 'NothingToUndoException',
    message: 'There is no unpublish of dataset {dataset_uid} to undo',
    hint: 'It is published, never was, or the time to undo has passed. To show it, publish it',
  },
  'actions.undo_expired': {
    status: 400,
    errorKey: 'UndoExpiredException',
    message: 'The unpublish of dataset {dataset_uid} could be undone until {expired_at}',
    hint: 'Publish the dataset again, or restore a version; BROADSHEET_RETENTION_HOURS says how long data is kept',
  },
  'actions.generation_lost': {
    status: 500,
    errorKey: 'GenerationLostException',
    message: 'The data of generation {generation_uid} is not in the data directory',
    hint: 'Restore it from a backup, or publish the dataset again',
  },
  'actions.builder_died': {
    status: 500,
    errorKey: 'BuilderDiedException',
    message: 'The process that builds the records stopped unexpectedly ({cause})',
    hint: 'If it ran out of memory, raise BROADSHEET_BUILDER_MEMORY_MB; the published data is unchanged',
  },
  'actions.resource_unreadable': {
    status: 400,
    errorKey: 'ResourceUnreadableException',
    message: 'Resource {resource_uid} points at {url}, which is not there',
    hint: 'Upload the file again and point the resource at it',
  },
  'actions.joined_dataset_unpublished': {
    status: 400,
    errorKey: 'JoinedDatasetUnpublishedException',
    message: 'Processor {processor_id} joins dataset {dataset}, which is not published',
    hint: 'Publish that dataset first, or take the processor out. What readers see was not changed',
  },
  'actions.join_cycle': {
    status: 400,
    errorKey: 'JoinCycleException',
    message: 'Dataset {dataset_uid} would join itself: {datasets}',
    hint: 'Take one of the joins out: no record of these datasets could ever be up to date',
  },
  'actions.idempotency_key_reused': {
    status: 422,
    errorKey: 'IdempotencyKeyReusedException',
    message:
      'The Idempotency-Key {key} was used for something else: {action} of dataset {dataset_uid}, job {job_id}',
    hint: 'Make a new key for every order; repeat a key only to repeat the same order',
  },
  'actions.dataset_deleted': {
    status: 404,
    errorKey: 'DatasetDeletedException',
    message: 'Dataset {dataset_uid} was deleted while this job ran',
  },
})
