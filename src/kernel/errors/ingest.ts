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
    message: 'The JSON of {filename} is nested deeper than {maxDepth} levels',
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
    hint: 'Use a complete address: http://, https://, ftp://, ftps://, sftp:// or s3://',
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
  'ingest.fetch_denied': {
    status: 400,
    errorKey: 'FetchDeniedException',
    message: 'Fetching {url} was refused: {reason}',
    hint: 'Check user name and secret of the connection',
  },
  'ingest.fetch_not_found': {
    status: 400,
    errorKey: 'FetchNotFoundException',
    message: 'There is no file at {url}',
  },
  'ingest.fetch_needs_connection': {
    status: 400,
    errorKey: 'FetchNeedsConnectionException',
    message: 'Fetching {url} needs a connection of kind {kind}',
    hint: 'Create one (POST /connections) and name it in the parameter connection of the resource',
  },
  'ingest.host_key_differs': {
    status: 400,
    errorKey: 'HostKeyDiffersException',
    message: 'The server of {url} has the key {presented}, and not {expected}',
    hint: 'Ask its operator whether that is its key, then set host_key of the connection',
  },
  'ingest.invalid_source_option': {
    status: 400,
    errorKey: 'InvalidSourceOptionException',
    message: 'The parameter {option} of a resource cannot be used: {expected}',
  },
  'ingest.page_unreadable': {
    status: 400,
    errorKey: 'PageUnreadableException',
    message: 'Page {page} of {url} cannot be read: {reason}',
  },
  'ingest.paging_endless': {
    status: 400,
    errorKey: 'PagingEndlessException',
    message: '{url} has more than {max} pages, or pages for ever',
    hint: 'Ask for larger pages, or raise max_pages of the paging',
  },
  'ingest.paging_repeats': {
    status: 400,
    errorKey: 'PagingRepeatsException',
    message: 'Page {page} of {url} is one that came before',
    hint: 'Check the name of the paging parameter: the source may not know it',
  },
  'ingest.paging_changed': {
    status: 400,
    errorKey: 'PagingChangedException',
    message: '{url} changed while its pages were read: {was} records were announced, then {is}',
  },
  'ingest.portal_has_no_file': {
    status: 400,
    errorKey: 'PortalHasNoFileException',
    message: 'The dataset at {url} has no file in a format that can be read; it has {formats}',
    hint: 'Use the address of one of its files, or of another dataset',
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
