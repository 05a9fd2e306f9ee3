import { defineErrors } from './spec.ts'

/** Of dry runs, gates and diffs (docs/publishing.md). */
export const checkErrors = defineErrors({
  'checks.invalid_gate': {
    status: 400,
    errorKey: 'InvalidGatesException',
    message: 'Gate {gate} cannot be {value}: {expected}',
    hint: 'docs/publishing.md lists the gates',
  },
  'checks.unknown_generation': {
    status: 404,
    errorKey: 'UnknownGenerationException',
    message: 'Unknown generation: {generation_uid}',
    hint: 'It may have been removed after the retention window; a dry run builds it anew',
  },
  'checks.generation_partial': {
    status: 400,
    errorKey: 'PartialGenerationException',
    message: 'Generation {generation_uid} is partial: the run that built it was aborted',
    hint: 'Publish again for a whole one',
  },
  'checks.recipe_changed': {
    status: 400,
    errorKey: 'RecipeChangedException',
    message: 'The configuration has changed since generation {generation_uid} was built',
    hint: 'Run a dry run again, or expose it as it is with override=recipe',
  },
  'checks.nothing_published': {
    status: 404,
    errorKey: 'NothingPublishedException',
    message: 'Dataset {dataset_uid} is not published: there is nothing current to compare',
  },
  'checks.unknown_state': {
    status: 404,
    errorKey: 'UnknownStateException',
    message: 'Nothing to compare is called {reference}',
    hint: 'Use the uid of a saved version (ch_...), of a generation that is still kept (ge_...), or current',
  },
  'checks.nothing_held': {
    status: 404,
    errorKey: 'NothingHeldException',
    message: 'No publish of dataset {dataset_uid} is held',
  },
})
