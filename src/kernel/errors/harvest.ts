import { defineErrors } from './spec.ts'

export const harvestErrors = defineErrors({
  'harvest.unknown_harvester': {
    status: 404,
    errorKey: 'UnknownHarvesterException',
    message: 'Unknown harvester: {harvester_id}',
  },
  'harvest.unknown_type': {
    status: 400,
    errorKey: 'UnknownHarvesterTypeException',
    message: 'There is no harvester of type {type}',
    hint: 'Use one of {known}',
  },
  'harvest.invalid_parameter': {
    status: 400,
    errorKey: 'InvalidHarvesterParameterException',
    message: 'Parameter {parameter} of the harvester: {reason}',
  },
  'harvest.invalid_status': {
    status: 400,
    errorKey: 'InvalidHarvesterStatusException',
    message: "Invalid precondition, harvester status is '{status}' but must be one of '{allowed}'",
  },
  'harvest.not_understood': {
    status: 400,
    errorKey: 'HarvestSourceException',
    message: 'What {url} answers is not what a source of this type answers: {reason}',
    hint: 'Check the address and the type of the harvester',
  },
  'harvest.too_large': {
    status: 400,
    errorKey: 'HarvestSourceException',
    message: '{url} answers with more than {max_bytes} bytes at once',
  },
  'harvest.endless': {
    status: 400,
    errorKey: 'HarvestSourceException',
    message: 'The source gives the same datasets again and again; {count} were found',
  },
  'harvest.too_many': {
    status: 400,
    errorKey: 'HarvestSourceException',
    message: 'The source has more than {max} datasets',
    hint: 'Narrow it down by the parameters of the harvester',
  },
  'harvest.source_is_empty': {
    status: 400,
    errorKey: 'HarvestSourceException',
    message: 'The source has no datasets any more, and had {count}: nothing is removed',
    hint: 'Delete the harvester with its datasets if that is right',
  },
  'harvest.invalid_dataset': {
    status: 400,
    errorKey: 'HarvestedDatasetException',
    message: 'It cannot be made a dataset: {reason}',
  },
})
