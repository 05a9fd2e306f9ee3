import { defineErrors } from './spec.ts'

export const accessErrors = defineErrors({})
