/**
 * One row of the error catalogue.
 * `errorKey` is the name that the management API shows (`error_key`), `exploreCode` the one of the explore API
 * (`error_code`); without it explore answers by status. Source of the shapes: Management API v2 section 6.2,
 * Explore API v2.1 section 1.3.
 */
export interface ErrorSpec {
  readonly status: number
  readonly errorKey: `${string}Exception`
  readonly exploreCode?: string
  readonly message: string
  /** What to do next. */
  readonly hint?: string
}

export function defineErrors<const T extends Record<string, ErrorSpec>>(table: T): T {
  return table
}
