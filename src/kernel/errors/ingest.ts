import { defineErrors } from './spec.ts'

export const ingestErrors = defineErrors({
  'ingest.source_too_large': {
    status: 413,
    errorKey: 'PayloadTooLargeException',
    message: 'The file is larger than {maxBytes} bytes',
    hint: 'Split it, compress it, or ask the operator to raise the limit',
  },
  'ingest.unknown_extractor': {
    status: 400,
    errorKey: 'UnknownExtractorException',
    message: 'There is no extractor {extractor}',
    hint: 'Use one of {known}',
  },
  'ingest.invalid_parameter': {
    status: 400,
    errorKey: 'InvalidExtractorParameterException',
    message: 'Extractor {extractor} cannot use {value} for {parameter}: {expected}',
  },
  'ingest.source_is_empty': {
    status: 400,
    errorKey: 'EmptySourceException',
    message: 'The file {filename} is empty',
    hint: 'Check the export that makes it, then upload it again',
  },
  'ingest.looks_like_html': {
    status: 400,
    errorKey: 'SourceIsWebPageException',
    message: 'The file {filename} is a web page, not {format}',
    hint: 'The address may ask for a sign-in, or show a page around the file; use the direct address of the file',
  },
  'ingest.out_of_memory': {
    status: 503,
    errorKey: 'BuilderOutOfMemoryException',
    message: 'The publish needs more memory than the {memory_mb} MiB that a builder may use',
    hint: 'Raise BROADSHEET_BUILDER_MEMORY_MB on the server. What readers see was not changed',
  },
  'ingest.not_text': {
    status: 400,
    errorKey: 'SourceIsNotTextException',
    message: 'The file {filename} is {kind}, not {format}',
    hint: 'Save a sheet as CSV, unpack an archive, and upload that. Formats: CSV, TSV, JSON, JSON lines, GeoJSON, Parquet, each also gzipped',
  },
  'ingest.every_row_rejected': {
    status: 400,
    errorKey: 'EveryRowRejectedException',
    message: 'None of the {rows} rows could be read; the first of them, line {line}: {reason}',
    hint: 'Check separator, quote and header row of the resource. What readers see was not changed',
  },
  'ingest.unclosed_quote': {
    status: 400,
    errorKey: 'UnclosedQuoteException',
    message: 'A quote that opens on line {line} of {filename} is never closed',
    hint: 'Close it, double it if it belongs to the text, or set another quote character',
  },
  'ingest.record_too_large': {
    status: 400,
    errorKey: 'RecordTooLargeException',
    message: 'A record of {filename} that starts on line {line} is longer than {maxBytes} bytes',
    hint: 'An unclosed quote or a wrong format often is the cause',
  },
  'ingest.too_deep': {
    status: 400,
    errorKey: 'SourceTooDeepException',
    message: 'The content of {filename} is nested deeper than {maxDepth} levels',
  },
  'ingest.invalid_xml': {
    status: 400,
    errorKey: 'InvalidSourceXMLException',
    message: 'The XML of {filename} cannot be read: {reason}',
    hint: 'Check the program that makes it; a file cut off on its way ends like this too. Where only the encoding is wrong, set the parameter encoding',
  },
  'ingest.xml_entities': {
    status: 400,
    errorKey: 'XMLEntitiesException',
    message: 'The XML of {filename} declares entities of its own, which are not read',
    hint: 'Write the text itself in their place: a few of them can stand for gigabytes, or for a file of the server',
  },
  'ingest.xml_limit': {
    status: 400,
    errorKey: 'XMLLimitException',
    message: 'The XML of {filename} has more than {max} {limit}, near line {line}',
  },
  'ingest.invalid_json': {
    status: 400,
    errorKey: 'InvalidSourceJSONException',
    message: 'The file {filename} is not valid JSON: {reason} at byte {position}',
  },
  'ingest.root_not_found': {
    status: 400,
    errorKey: 'RootNotFoundException',
    message: 'The file {filename} has no array of records at {root}',
    hint: 'Set the parameter root to the path of the array, e.g. data.items; leave it empty when the file is the array',
  },
  'ingest.truncated_archive': {
    status: 400,
    errorKey: 'TruncatedArchiveException',
    message: 'The compressed file {filename} cannot be unpacked: {reason}',
    hint: 'It may have been cut off on its way; upload it again',
  },
  'ingest.decompressed_too_large': {
    status: 400,
    errorKey: 'DecompressedTooLargeException',
    message: 'The file {filename} unpacks to more than {maxBytes} bytes',
  },
  'ingest.unknown_encoding': {
    status: 400,
    errorKey: 'UnknownEncodingException',
    message: 'The encoding {encoding} is not known',
    hint: 'Use utf-8, utf-16le, utf-16be, iso-8859-1 or windows-1252',
  },
  'ingest.invalid_parquet': {
    status: 400,
    errorKey: 'InvalidParquetException',
    message: 'The file {filename} is not a readable Parquet file',
  },
  'ingest.too_many_fields': {
    status: 400,
    errorKey: 'TooManyFieldsException',
    message: 'The source has {count} fields, more than {max}',
  },
  'ingest.unknown_processor': {
    status: 400,
    errorKey: 'UnknownProcessorException',
    message: 'There is no processor {name}',
    hint: 'GET /processors lists them',
  },
  'ingest.missing_argument': {
    status: 400,
    errorKey: 'MissingProcessorArgumentException',
    message: 'Processor {name} needs the argument {argument}',
  },
  'ingest.invalid_argument': {
    status: 400,
    errorKey: 'InvalidProcessorArgumentException',
    message: 'Processor {name} cannot use {value} for {argument}: {expected}',
  },
  // Worded as the platform words it: management API section 3.5.
  'ingest.processor_failed': {
    status: 400,
    errorKey: 'ProcessorException',
    message: 'Processor {processor_id} cannot run on field {field}: {msg}',
  },
  'ingest.unbalanced': {
    status: 500,
    errorKey: 'UnbalancedGenerationException',
    message: 'Rows do not add up for resource {resource_uid}: read {read}, accounted for {accounted}',
    hint: 'This is a fault of the server; the published data is unchanged',
  },
  'ingest.fetch_refused': {
    status: 400,
    errorKey: 'FetchRefusedException',
    message: 'The address {url} leads to {address}, which is not a public address',
    hint: 'The operator can allow private addresses with BROADSHEET_ALLOW_PRIVATE_ADDRESSES=1',
  },
  'ingest.fetch_invalid_url': {
    status: 400,
    errorKey: 'FetchInvalidURLException',
    message: 'The address {url} cannot be fetched: {reason}',
    hint: 'Use a complete http:// or https:// address',
  },
  'ingest.fetch_failed': {
    status: 400,
    errorKey: 'FetchFailedException',
    message: 'Fetching {url} failed: {reason}',
    hint: 'Check the address in a browser; the source may be down',
  },
  'ingest.fetch_status': {
    status: 400,
    errorKey: 'FetchStatusException',
    message: 'Fetching {url} was answered with status {status}',
    hint: 'Check that the address is right and needs no sign-in',
  },
  'ingest.fetch_timed_out': {
    status: 400,
    errorKey: 'FetchTimedOutException',
    message: 'Fetching {url} took longer than {timeoutMs} ms',
  },
  'ingest.fetch_too_many_redirects': {
    status: 400,
    errorKey: 'FetchRedirectException',
    message: 'Fetching {url} was redirected more than {max} times',
  },
  'ingest.fetch_aborted': {
    status: 400,
    errorKey: 'FetchAbortedException',
    message: 'Fetching {url} was stopped',
  },
})
