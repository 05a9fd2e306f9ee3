export {
  type Audit,
  type AuditEntry,
  type AuditFilter,
  type AuditOutcome,
  type AuditRecord,
  createAudit,
} from './audit.ts'
