import { defineErrors } from './spec.ts'

export const ingestErrors = defineErrors({})
