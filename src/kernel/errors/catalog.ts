import { defineErrors } from './spec.ts'

export const catalogErrors = defineErrors({})
