export { askedBy, currentClient, serverItself } from './asking.ts'
export { type Connection, type Engine, type EngineOptions, openEngine, type Row } from './engine.ts'
export { openEngines } from './engines.ts'
export {
  createFairQueue,
  type FairQueue,
  type FairQueueOptions,
  type RefusalReason,
  type WorkKind,
  workKinds,
} from './fair-queue.ts'
export { createPool, deadline, type Pool, patiently } from './pool.ts'
