export type { LinkPurpose } from './links.ts'
export { type Subscriptions, startSubscriptions } from './subscriptions.ts'
