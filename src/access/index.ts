export { type Access, type ApiKey, createAccess, requireOwner } from './access.ts'
export {
  canSeePublication,
  mayDo,
  type PermissionClass,
  permissionsNeeded,
  requirePermission,
} from './policy.ts'
export { anonymous, domainPermissions, type Principal } from './principal.ts'
export {
  type DatasetSecurity,
  forgetSecurity,
  ownDatasets,
  type Ruleset,
  rightsOn,
  rulesetsOf,
  securityOf,
  watchSecurity,
  wholeDataset,
} from './rulesets.ts'
