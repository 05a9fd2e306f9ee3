export { type ExportOptions, exportFormats } from './formats.ts'
export { diffFormats, openDiffExport } from './open-diff.ts'
export { createExports, type Exports, formatOf } from './open-export.ts'
