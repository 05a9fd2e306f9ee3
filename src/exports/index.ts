export type { ExportOptions } from './format.ts'
export { exportFormats, formatOf, formatsFor } from './formats.ts'
export { diffFormats, openDiffExport } from './open-diff.ts'
export { createExports, type ExportOrder, type Exports } from './open-export.ts'
