import { defineErrors } from './spec.ts'

export const odsqlErrors = defineErrors({})
