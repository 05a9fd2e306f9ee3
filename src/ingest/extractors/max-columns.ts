import { AppError } from '../../kernel/index.ts'

/** Fields of one dataset. Management API section 15, limits. */
const maxColumns = 500

/** Errors: ingest.too_many_fields. */
export function refuseTooManyColumns(count: number): void {
  if (count > maxColumns) throw new AppError('ingest.too_many_fields', { count, max: maxColumns })
}
