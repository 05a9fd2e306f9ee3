export { type ExportOptions, exportFormats } from './formats.ts'
export { createExports, type Exports, formatOf } from './open-export.ts'
