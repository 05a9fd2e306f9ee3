export { armFaults, type CrashOrder, faultsWanted } from './arm.ts'
export { type CrashPoint, crashPoint, crashPoints } from './crash-points.ts'
