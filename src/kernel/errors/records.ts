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
  'records.unknown_file': {
    status: 404,
    errorKey: 'UnknownFileException',
    exploreCode: 'FileNotFound',
    message: 'Unknown file: {file_id}',
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
  'records.invalid_cursor': {
    status: 400,
    errorKey: 'InvalidParameterException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'Invalid value for cursor: {reason}',
    hint: 'Begin again with an empty cursor, and change nothing but the cursor from page to page',
  },
  'records.cursor_gone': {
    status: 410,
    errorKey: 'CursorGoneException',
    exploreCode: 'CursorGone',
    message: 'The publication that this cursor belongs to is not kept any more',
    hint: 'Begin again with an empty cursor',
  },
  'records.unknown_timezone': {
    status: 400,
    errorKey: 'InvalidParameterException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'Invalid value for timezone: {timezone}; it must be a zone id such as Europe/Paris',
  },
  'records.data_not_visible': {
    status: 403,
    errorKey: 'DataNotVisibleException',
    exploreCode: 'DataNotVisible',
    message:
      'The data of this dataset is not visible to you: only its metadata and the list of its fields are',
    hint: 'Sign in as somebody who may see the data, or ask the publisher for access',
  },
  'records.no_geo_field': {
    status: 400,
    errorKey: 'NoGeoFieldException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'This dataset has no geo field: there is nothing to show on a map',
    hint: 'Make a geo_point_2d or geo_shape field with a processor or the type step, and publish again',
  },
})
