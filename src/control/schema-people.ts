/** Tables of sign-in, mail, the audit log and notifications. Conventions as in schema.ts. */
import type { Generated } from 'kysely'

export interface PeopleSchema {
  sessions: SessionsTable
  account_tokens: AccountTokensTable
  account_profiles: AccountProfilesTable
  openid_identities: OpenidIdentitiesTable
  mails: MailsTable
  subscriptions: SubscriptionsTable
  audit_log: AuditLogTable
  dataset_feedbacks: DatasetFeedbacksTable
}

export interface SessionsTable {
  /** `se_...` */
  session_uid: string
  /** sha256 of the token in the cookie, hex. */
  token_hash: string
  username: string
  /** Of the password hash at sign-in: another password ends the session, whoever set it. */
  credential_digest: string
  /** password, openid */
  method: string
  /** Of the provider; null: it was none, or its token is too long to be kept. */
  id_token_sealed: string | null
  /** From where it was begun. */
  address: string
  user_agent: string | null
  created_at: number
  last_seen_at: number
  /** However much it is used. */
  expires_at: number
}

/** Single-use secrets that are sent by mail. */
export interface AccountTokensTable {
  /** sha256 of the token, hex. */
  token_hash: string
  /** invitation, reset, email */
  purpose: string
  username: string
  /** The address that using it proves. */
  email: string | null
  /** As of a session: a password that was changed meanwhile ends it. */
  credential_digest: string
  created_at: number
  expires_at: number
}

/** What people decide for themselves, beside what administrators know of them. */
export interface AccountProfilesTable {
  username: string
  /** An address that the user has been proved to read; it counts while it is the user's address. */
  verified_email: string | null
  /** Mails about jobs: own, none */
  alerts: string
}

/** Who a user is at an OpenID provider. */
export interface OpenidIdentitiesTable {
  issuer: string
  subject: string
  username: string
  email: string | null
  created_at: number
  last_used_at: number
}

/** Mails to send, and what became of them. */
export interface MailsTable {
  /** `ma_...` */
  mail_uid: string
  kind: string
  recipient: string
  /** Sealed `{subject, text, headers}`; null when it has been sent or given up: it may hold a token. */
  content_sealed: string | null
  /** pending, sent, dead */
  state: string
  attempts: number
  last_error: string | null
  next_attempt_at: number
  /** Not worth sending afterwards. */
  expires_at: number
  lease_owner: string | null
  lease_expires_at: number | null
  created_at: number
  settled_at: number | null
}

/** E-mail subscriptions to the publications of a dataset. */
export interface SubscriptionsTable {
  /** `su_...` */
  subscription_uid: string
  dataset_uid: string
  email: string
  /** Whose eyes it is seen with; null: everybody's. */
  username: string | null
  /** pending (not confirmed), active */
  state: string
  /** The last publication (publication_log.seq) that has been told. */
  last_number: number
  /** Not before; publications until then are told together. */
  next_mail_at: number
  created_at: number
  confirmed_at: number | null
}

/** What was done by whom; never changed, forgotten when old. */
export interface AuditLogTable {
  seq: Generated<number>
  at: number
  username: string | null
  /** password, apikey, session; null: nobody, or the server itself */
  via: string | null
  key_uid: string | null
  address: string | null
  action: string
  /** dataset, user, session, ... */
  target_type: string | null
  target: string | null
  /** done, refused, failed */
  outcome: string
  details_json: string
}

/** What readers have written to the publisher of a dataset. */
export interface DatasetFeedbacksTable {
  feedback_uid: string
  dataset_uid: string
  /** `error` or `question` */
  kind: string
  /** Of the record that it is about; null: of the dataset as a whole. */
  record_id: string | null
  comment: string
  /** Null: a reader without an account. */
  username: string | null
  /** Where the answer is to go; null: nowhere. */
  email: string | null
  created_at: number
  closed_at: number | null
  closed_by: string | null
}
