export { type ActionOptions, type Actions, jobLease, startActions } from './actions.ts'
export { findState, type NamedState } from './compared-states.ts'
export { holdDatasetSource } from './dataset-source.ts'
export type { ActionDeps, ActionEvent, DataLayout } from './deps.ts'
export type { DiskUsage } from './disk-usage.ts'
export type { Expectation } from './expectation.ts'
export type { PublishOverride } from './held.ts'
export type { ActionName } from './orders.ts'
export {
  hasPublicVersions,
  listPublicVersions,
  requirePublicVersion,
  setPublicVersions,
  type VersionsAsked,
} from './public-versions.ts'
export { readySource } from './remote-source.ts'
export { type RestoreChoice, restoreChoices } from './restore-version.ts'
export { type Status, statuses } from './status.ts'
export { isTransient, retryDelayMs } from './transient.ts'
export { type RetentionRule, readRetention } from './version-retention.ts'
export { changeVersion, deleteVersion, findVersion, listVersions, type VersionRow } from './versions.ts'
