import { defineErrors } from './spec.ts'

export const recordErrors = defineErrors({})
