export { type Access, type ApiKey, createAccess } from './access.ts'
export {
  canSeePublication,
  mayDo,
  type PermissionClass,
  permissionClasses,
  permissionsNeeded,
  requirePermission,
} from './policy.ts'
export { anonymous, domainPermissions, type Principal } from './principal.ts'
