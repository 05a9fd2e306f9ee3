export { isAddress, type Mailer, startMail } from './mail.ts'
export type { Mail } from './outbox.ts'
