import { defineErrors } from './spec.ts'

export const exportErrors = defineErrors({
  'exports.unknown_format': {
    status: 404,
    errorKey: 'UnknownExportFormatException',
    exploreCode: 'UnknownExportFormat',
    message: 'Unknown export format: {format}',
    hint: 'Use one of {known}',
  },
  'exports.unknown_part': {
    status: 404,
    errorKey: 'UnknownPartException',
    exploreCode: 'UnknownPart',
    message: 'This publication has no part {file}',
    hint: 'The list of its Parquet files names those that there are',
  },
  'exports.format_needs_field': {
    status: 400,
    errorKey: 'UnfitExportFormatException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'An export as {format} needs a field of type {types}, and there is none in what is exported',
    hint: 'Select such a field, or use another format; the list of exports names those that fit the dataset',
  },
  'exports.unknown_column': {
    status: 400,
    errorKey: 'UnknownExportColumnException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'There is no {name} in what is exported',
    hint: 'Name a field that the export contains',
  },
  'exports.not_a_date': {
    status: 400,
    errorKey: 'UnfitExportFieldException',
    exploreCode: 'InvalidRESTParameterError',
    message: '{name} is neither a date nor a datetime: no event begins or ends with it',
  },
  'exports.unknown_projection': {
    status: 400,
    errorKey: 'UnknownProjectionException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'Invalid value for epsg: {epsg}; no such projection is known here',
    hint: 'Use one of {known}',
  },
  'exports.file_too_large': {
    status: 400,
    errorKey: 'ExportTooLargeException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'A file of format {format} holds at most {maxBytes} bytes, and this would be more',
    hint: 'Narrow it with where, select or limit, or use parquet or geojson',
  },
  'exports.whole_datasets_only': {
    status: 400,
    errorKey: 'UnfitExportFormatException',
    exploreCode: 'InvalidRESTParameterError',
    message:
      'An export of the catalog as {format} describes whole datasets: it takes neither select nor group_by',
    hint: 'Leave them out, or use csv, xlsx or json',
  },
  'exports.too_many_records': {
    status: 400,
    errorKey: 'TooManyRecordsException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'A file of format {format} holds at most {maxRecords} records, and these are {records}',
    hint: 'Narrow it with where or limit, or use csv or parquet',
  },
  'exports.too_many_own': {
    status: 429,
    errorKey: 'TooManyExportsException',
    exploreCode: 'TooManyExports',
    message: 'You have {max} exports open already',
    hint: 'Read them to their end or close them; try again in {retryAfterSeconds} s',
  },
  'exports.too_many': {
    status: 429,
    errorKey: 'TooManyExportsException',
    exploreCode: 'TooManyExports',
    message: 'The server is busy: {max} exports are open',
    hint: 'Try again in {retryAfterSeconds} s',
  },
  'exports.too_many_files': {
    status: 429,
    errorKey: 'TooManyExportsException',
    exploreCode: 'TooManyExports',
    message: '{max} exports are being written to files already',
    hint: 'Try again in {retryAfterSeconds} s, or take a format that is streamed, such as CSV or JSON lines',
  },
})
