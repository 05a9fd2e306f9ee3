export { type Control, type ControlDb, openControl } from './control.ts'
export { type DataLock, lockDataDirectory } from './data-lock.ts'
export { notify } from './notices.ts'
export type * from './schema.ts'
