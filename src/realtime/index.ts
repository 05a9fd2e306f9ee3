export { gatherPushes } from './gather.ts'
export { maxPushBytes } from './read-push.ts'
export { type PushAddress, type Realtime, realtimePrefix, startRealtime } from './realtime.ts'
export {
  dropPushed,
  markPublished,
  pushedBytes,
  type RealtimeState,
  realtimeType,
  undoDrop,
} from './store.ts'
