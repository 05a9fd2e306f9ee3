import { defineErrors } from './spec.ts'

export const actionErrors = defineErrors({})
