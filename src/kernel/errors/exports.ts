import { defineErrors } from './spec.ts'

export const exportErrors = defineErrors({})
