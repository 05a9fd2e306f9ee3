export { gatherPushes } from './gather.ts'
export { maxPushBytes } from './read-push.ts'
export { type PushAddress, type Realtime, realtimePrefix, realtimeType, startRealtime } from './realtime.ts'
export { dropPushed, markPublished, pushedBytes, type RealtimeState, undoDrop } from './store.ts'
