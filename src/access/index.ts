export { type Access, createAccess, mayOwner, requireOwner } from './access.ts'
export { type AccountLimits, type AccountQuotas, refuseGrant } from './accounts.ts'
export { authorize, mayDoOn } from './authorize.ts'
export { type CallCount, type CallCounts, createCallCounts } from './call-counts.ts'
export {
  type CallHistory,
  createCallHistory,
  type DayCalls,
  domainSubject,
  keptDays,
  keptDaysOfEach,
} from './call-history.ts'
export { type DomainQuota, watchDomainQuota } from './domain-quota.ts'
export {
  addMembers,
  changeGroup,
  createGroup,
  deleteGroup,
  findGroup,
  type Group,
  listGroups,
  removeMember,
} from './groups.ts'
export type { ApiKey } from './keys.ts'
export { countDatasets, findAllowance, requireRoomForDataset, smallest } from './limits.ts'
export {
  mayDo,
  type PermissionClass,
  permissionsNeeded,
  requirePermission,
} from './policy.ts'
export { anonymous, domainPermissions, type Principal } from './principal.ts'
export {
  canSeePublication,
  editableDatasets,
  forgetSecurity,
  listDefaultRulesets,
  ownDatasets,
  type Quota,
  type Ruleset,
  rulesetsOf,
  securityOf,
  watchSecurity,
  wholeDataset,
} from './rulesets.ts'
export {
  copyRulesets,
  defaultTarget,
  deleteRuleset,
  findRuleset,
  giveToCreator,
  listRulesets,
  type RulesetChange,
  type RulesetTarget,
  setAccessPolicy,
  writeRuleset,
} from './security.ts'
export { changeUser, deleteUser, findUser, inviteUser, listUsers, type User } from './users.ts'
export { requireAllSeen, requireOwnerSees, requireWholeDataset } from './whole-datasets.ts'
