export {
  type CheckOrder,
  type CheckResult,
  type DiffReport,
  describeFields,
  runCheck,
  type StoredGeneration,
} from './check.ts'
export {
  type ChangeKind,
  changeKinds,
  type DiffSide,
  differenceObjectSql,
  differenceTableSql,
  valuesOf,
} from './diff-sql.ts'
export { compareFields, type FieldChanges } from './fields.ts'
export { gateFailureInFrench } from './gate-words.ts'
export { defaultGates, type Gates, readGates } from './gates.ts'
export { type GateFacts, type GateFailure, judge, needsRecords } from './judge.ts'
export { countValues, type DiffCounts, listDifferences, nullShares, rangeOfKind } from './measure.ts'
export { checkPatterns } from './patterns.ts'
