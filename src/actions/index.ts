export { type ActionOptions, type Actions, startActions } from './actions.ts'
export type { ActionDeps, ActionEvent, DataLayout } from './deps.ts'
export type { ActionName } from './orders.ts'
export type { Status } from './status.ts'
