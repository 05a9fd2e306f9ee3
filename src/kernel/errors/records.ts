import { defineErrors } from './spec.ts'

export const recordErrors = defineErrors({
  'records.unknown_dataset': {
    status: 404,
    errorKey: 'UnknownDatasetException',
    exploreCode: 'DatasetNotFound',
    message: 'Unknown dataset: {dataset_id}',
  },
  'records.unknown_record': {
    status: 404,
    errorKey: 'UnknownRecordException',
    exploreCode: 'RecordNotFound',
    message: 'Unknown record: {record_id}',
  },
  'records.generation_gone': {
    status: 404,
    errorKey: 'UnknownVersionException',
    exploreCode: 'VersionNotFound',
    message: 'This version of the dataset is not available any more',
  },
  'records.unknown_version': {
    status: 404,
    errorKey: 'UnknownVersionException',
    exploreCode: 'VersionNotFound',
    message: 'Unknown version: {version}',
  },
  'records.unknown_timezone': {
    status: 400,
    errorKey: 'InvalidParameterException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'Invalid value for timezone: {timezone}; it must be a zone id such as Europe/Paris',
  },
})
