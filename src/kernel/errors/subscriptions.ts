import { defineErrors } from './spec.ts'

export const subscriptionErrors = defineErrors({
  'subscriptions.mail_off': {
    status: 409,
    errorKey: 'MailOffException',
    message: 'This server sends no mails',
    hint: 'Follow the feed of the dataset instead',
  },
  'subscriptions.feedback_off': {
    status: 404,
    errorKey: 'FeedbackOffException',
    message: 'Readers cannot write to publishers here',
    hint: 'The settings of the domain allow it: feedback',
  },
  'subscriptions.feedback_full': {
    status: 400,
    errorKey: 'FeedbackFullException',
    message: 'The publisher has {max} messages about this dataset to answer; no more are taken',
  },
  'subscriptions.bad_link': {
    status: 400,
    errorKey: 'BadLinkException',
    message: 'This link is not one of ours, or not whole',
    hint: 'Copy all of it from the mail',
  },
  'subscriptions.unknown_subscription': {
    status: 404,
    errorKey: 'UnknownSubscriptionException',
    message: 'Unknown subscription: {subscription_uid}',
  },
})
