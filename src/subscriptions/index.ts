export {
  createFeedbacks,
  type Feedbacks,
  feedbackKinds,
  feedbackStates,
  maxComment,
} from './feedback.ts'
export type { LinkPurpose } from './links.ts'
export { type Subscriptions, startSubscriptions } from './subscriptions.ts'
