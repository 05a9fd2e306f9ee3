export { type Accounts, createAccounts, type Origin } from './accounts.ts'
export type { Credentials, Identity } from './authenticate.ts'
export { csrfToken, isCsrfToken, type Session, type SignedIn } from './sessions.ts'
