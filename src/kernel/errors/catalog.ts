import { defineErrors } from './spec.ts'

export const catalogErrors = defineErrors({
  'catalog.unknown_dataset': {
    status: 404,
    errorKey: 'UnknownDatasetException',
    exploreCode: 'DatasetNotFound',
    message: 'Unknown dataset: {dataset_uid}',
  },
  'catalog.unknown_resource': {
    status: 404,
    errorKey: 'UnknownResourceException',
    message: 'Unknown resource: {resource_uid}',
  },
  'catalog.unknown_step': {
    status: 404,
    errorKey: 'UnknownProcessorException',
    message: 'Unknown processor: {processor_uid}',
  },
  'catalog.unknown_feedback': {
    status: 404,
    errorKey: 'UnknownFeedbackException',
    message: 'Unknown feedback: {feedback_uid}',
  },
  'catalog.unknown_file': {
    status: 404,
    errorKey: 'UnknownFileException',
    message: 'Unknown file: {file_id}',
  },
  'catalog.rejects_unreadable': {
    status: 400,
    errorKey: 'RejectsUnreadableException',
    message: 'The corrected rows cannot be used: {reason}',
    hint: 'Download the rejects, correct the column raw, upload the file and give its address',
  },
  'catalog.unknown_metadata': {
    status: 404,
    errorKey: 'UnknownMetadataException',
    message: 'Unknown metadata: {template}.{name}',
  },
  'catalog.invalid_metadata': {
    status: 400,
    errorKey: 'InvalidMetadataException',
    message: 'Metadata {template}.{name} cannot be {value}: {expected}',
  },
  'catalog.metadata_missing': {
    status: 400,
    errorKey: 'MissingMetadataException',
    message: 'The dataset cannot be published: metadata {template}.{name} is mandatory and has no value',
  },
  'catalog.unknown_metadata_template': {
    status: 404,
    errorKey: 'UnknownMetadataTemplateException',
    message: 'Unknown metadata template: {template}',
  },
  'catalog.metadata_template_taken': {
    status: 400,
    errorKey: 'MetadataTemplateTakenException',
    message: 'There is a metadata template {template} already',
  },
  'catalog.metadata_template_fixed': {
    status: 400,
    errorKey: 'MetadataTemplateFixedException',
    message: "Metadata template {template} is the system's and cannot be changed so",
    hint: 'Those of interoperability can be switched on and off; make a template of your own for other fields',
  },
  'catalog.metadata_template_in_use': {
    status: 400,
    errorKey: 'MetadataTemplateInUseException',
    message: 'Metadata template {template} has values in dataset {dataset_id}',
    hint: 'Unset them and publish, or switch the template off',
  },
  'catalog.invalid_metadata_template': {
    status: 400,
    errorKey: 'InvalidMetadataTemplateException',
    message: 'A metadata template cannot have this {property}: {expected}',
  },
  'catalog.invalid_domain': {
    status: 400,
    errorKey: 'InvalidDomainException',
    message: 'The domain cannot have this {setting}: {expected}',
  },
  'catalog.changed_meanwhile': {
    status: 412,
    errorKey: 'ChangedMeanwhileException',
    message: 'Somebody else has changed this since you read it; nothing is saved',
    hint: 'Read it again, and repeat your change',
  },
  'catalog.invalid_request': {
    status: 400,
    errorKey: 'InvalidManagementAPIRequestException',
    message: 'Invalid management API request',
  },
  // Worded as the platform words it: management API section 8.2.
  'catalog.dataset_id_mandatory': {
    status: 400,
    errorKey: 'ODSException',
    message: 'Dataset identifier (dataset_id) is mandatory',
  },
  'catalog.dataset_id_taken': {
    status: 400,
    errorKey: 'ODSException',
    message: 'Dataset identifier {dataset_id} is already taken',
    hint: 'Choose another, or leave strict out to get a free one',
  },
  'catalog.invalid_dataset_id': {
    status: 400,
    errorKey: 'ODSException',
    message: 'Dataset identifier {dataset_id} is not valid',
    hint: 'Use letters, digits, hyphens, underscores, dots and @, starting with a letter or digit, at most 255',
  },
  'catalog.dataset_is_published': {
    status: 400,
    errorKey: 'DatasetPublishedException',
    message: 'The identifier of {dataset_id} cannot change while it is published',
    hint: 'Unpublish it first',
  },
  'catalog.file_in_use': {
    status: 400,
    errorKey: 'FileInUseException',
    message: 'File {file_id} is used by dataset {dataset_id}',
    hint: 'Point its resource elsewhere, or delete that first',
  },
  'catalog.file_in_version': {
    status: 400,
    errorKey: 'FileInUseException',
    message: 'File {file_id} is a source of version {version_uid} of dataset {dataset_id}',
    hint: 'Delete the version first, or keep the file',
  },
  'catalog.unknown_attachment': {
    status: 404,
    errorKey: 'UnknownAttachmentException',
    exploreCode: 'AttachmentNotFound',
    message: 'Unknown attachment: {attachment_uid}',
  },
  'catalog.unknown_alternative_export': {
    status: 404,
    errorKey: 'UnknownAlternativeExportException',
    exploreCode: 'AlternativeExportNotFound',
    message: 'Unknown alternative export: {export_uid}',
  },
  'catalog.invalid_attached_url': {
    status: 400,
    errorKey: 'InvalidAttachedFileException',
    message: 'A file cannot be attached from {url}',
    hint: 'Upload it first and use odsfile://<file_id>; an alternative export may be an http or https address',
  },
  'catalog.invalid_attached_text': {
    status: 400,
    errorKey: 'InvalidAttachedFileException',
    message: 'An attached file cannot have this {property}: {expected}',
  },
  'catalog.too_many_attached': {
    status: 400,
    errorKey: 'TooManyAttachedFilesException',
    message: 'A dataset has at most {max} files of one kind',
  },
  'catalog.unknown_change': {
    status: 404,
    errorKey: 'UnknownChangeException',
    message: 'Unknown change: {change_uid}',
  },
  'catalog.change_not_restorable': {
    status: 400,
    errorKey: 'ChangeNotRestorableException',
    message: 'Change {change_uid} cannot be restored',
    hint: 'Only recent changes of metadata, resources, processors and fields can; the change says can_restore',
  },
  'catalog.change_lacks_secret': {
    status: 400,
    errorKey: 'ChangeLacksSecretException',
    message: 'The change cannot be restored: credentials of {uid} at that time are not kept',
    hint: 'Changes hold no secrets; set the resource or step by hand',
  },
  'catalog.invalid_resource_url': {
    status: 400,
    errorKey: 'InvalidResourceURLException',
    message: 'A resource cannot point at {url}',
    hint: 'Use odsfile://<file_id> of an uploaded file, dataset://<dataset_id> of another dataset, or an http, https, ftp, ftps, sftp or s3 address; credentials belong into a connection',
  },
  'catalog.unknown_connection': {
    status: 404,
    errorKey: 'UnknownConnectionException',
    message: 'Unknown connection: {connection_uid}',
  },
  'catalog.connection_harvests': {
    status: 409,
    errorKey: 'ConnectionInUseException',
    message: 'The connection {name} is used by the harvester {harvester}',
    hint: 'Take it out of the parameters of the harvester first',
  },
  'catalog.unknown_connection_rule': {
    status: 404,
    errorKey: 'UnknownConnectionRuleException',
    message: 'Nobody has rights of their own on this connection: {holder}',
  },
  'catalog.connection_in_use': {
    status: 409,
    errorKey: 'ConnectionInUseException',
    message: 'Connection {name} is used by dataset {dataset_id}',
    hint: "Take it out of that dataset's resource first",
  },
  'catalog.connection_name_taken': {
    status: 400,
    errorKey: 'ConnectionNameTakenException',
    message: 'There is a connection named {name} already',
  },
  'catalog.invalid_connection': {
    status: 400,
    errorKey: 'InvalidConnectionException',
    message: 'A connection cannot have this {property}: {expected}',
  },
  'catalog.connection_mismatch': {
    status: 400,
    errorKey: 'ConnectionMismatchException',
    message: 'Connection {name} is for {connection_url}, not for {url}',
    hint: 'A secret goes only where it was given for: use another connection',
  },
  'catalog.secret_needed': {
    status: 400,
    errorKey: 'SecretNeededException',
    message: 'The secret {parameter} has to be given again',
    hint: '*** keeps a secret only while its address stays the same',
  },
  'catalog.secret_unreadable': {
    status: 400,
    errorKey: 'SecretUnreadableException',
    message: 'A stored secret cannot be read',
    hint: "It was sealed with another key or for another address. Give it again, or put the server's secret key back (docs/sources.md)",
  },
  'catalog.resource_not_downloadable': {
    status: 400,
    errorKey: 'ResourceNotDownloadableException',
    message: 'Resource {resource_uid} is not an uploaded file',
  },
  'catalog.visibility_invalid': {
    status: 400,
    errorKey: 'InvalidAccessPolicyException',
    message: 'The access policy cannot be {value}',
    hint: 'Use "domain" or "restricted"',
  },
  'catalog.unknown_generation': {
    status: 404,
    errorKey: 'UnknownGenerationException',
    message: 'Unknown generation: {generation_uid}',
  },
  'catalog.not_published': {
    status: 404,
    errorKey: 'DatasetNotPublishedException',
    message: 'Dataset {dataset_uid} is not published',
  },
})
