import { defineErrors } from './spec.ts'

export const jobErrors = defineErrors({})
