import type { ExportFormat } from '../format.ts'

export interface CatalogOptions {
  /** Absolute address of the catalog in the search API. */
  readonly catalogUrl: string
  /** Absolute address of the page on which people search the catalog. */
  readonly portalUrl: string
  /** Of the catalog, and whoever publishes what names no publisher. */
  readonly title: string
  readonly description: string
  /** Language tags: of title and description; of the domain. */
  readonly language: string
  readonly languages: readonly string[]
  /** For datasets that name no contact; null: nobody's. */
  readonly contactEmail: string | null
  /** Formats listed as distributions; null: all that a dataset offers. */
  readonly includeExports: readonly string[] | null
  /** Whether those have labels as headings. */
  readonly useLabels: boolean
}

/** A format of the catalog; those that describe whole datasets cannot take select and group_by. */
export interface CatalogFormat {
  readonly mediaType: string
  readonly extension: string
  readonly create: (options: CatalogOptions) => ExportFormat
  readonly isTable?: boolean
}

/** Columns of the catalog's table that hold the dataset object and who may see it. */
export const wholeDatasets = 'object, visibility'
export const wholeDatasetColumns = ['object', 'visibility'] as const
