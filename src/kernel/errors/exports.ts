import { defineErrors } from './spec.ts'

export const exportErrors = defineErrors({
  'exports.unknown_format': {
    status: 404,
    errorKey: 'UnknownExportFormatException',
    exploreCode: 'UnknownExportFormat',
    message: 'Unknown export format: {format}',
    hint: 'Use one of {known}',
  },
})
