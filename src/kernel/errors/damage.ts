import { defineErrors } from './spec.ts'

/** Files that are not what was sealed. The data itself is never shown. */
export const damageErrors = defineErrors({
  'records.generation_damaged': {
    status: 500,
    errorKey: 'GenerationDamagedException',
    exploreCode: 'GenerationDamaged',
    message: 'The file {file} of generation {generation_uid} is damaged or missing, and is not served',
    hint: 'Restore it from a backup or publish the dataset again; broadsheet verify names everything that is wrong',
  },
  'ingest.part_damaged': {
    status: 500,
    errorKey: 'GenerationDamagedException',
    message: 'The file {file} of generation {generation_uid} is damaged or missing',
    hint: 'Restore it from a backup or publish the dataset again; broadsheet verify names everything that is wrong',
  },
  'engine.unreadable_file': {
    status: 500,
    errorKey: 'UnreadableFileException',
    message: 'A file of the data directory cannot be read',
    hint: 'broadsheet verify names everything that is wrong',
  },
})
