import { Type } from 'typebox'
import { anything, instant, list, nullable } from './shapes.ts'

/** Objects of sign-in, accounts and what is told to people. */
export const accountObjects = {
  SignedIn: Type.Object({
    username: Type.String(),
    permissions: Type.Array(Type.String()),
    csrf_token: Type.String({
      description: 'To be sent as `X-CSRF-Token` with everything but GET, HEAD and OPTIONS',
    }),
    session_uid: Type.String(),
    expires_at: instant('When it ends if it is not used any more'),
  }),
  ChosenPassword: Type.Object({ username: Type.String({ description: 'To sign in with' }) }),
  Invitation: Type.Object({
    is_sent: Type.Boolean(),
    link: nullable('string', { description: 'Where no mails are sent' }),
  }),
  Account: Type.Object({
    username: Type.String(),
    email: nullable('string'),
    is_email_verified: Type.Boolean(),
    first_name: Type.String(),
    last_name: Type.String(),
    account_type: Type.String(),
    alerts: Type.Unsafe({ type: 'string', enum: ['own', 'none'] }),
    permissions: Type.Array(Type.String()),
    groups: Type.Array(Type.String(), { description: 'Ids' }),
  }),
  SignInMethods: Type.Object({
    password: Type.Boolean(),
    is_mail_configured: Type.Boolean({ description: 'Whether a forgotten password can be asked for' }),
    openid: nullable('object', {
      properties: { name: { type: 'string' }, url: { type: 'string' } },
      description: 'The name of the provider, and where to send the browser',
    }),
  }),
  OpenidLink: Type.Object({ location: Type.String({ description: 'Where to send the browser' }) }),
  Subscription: Type.Object({
    subscription_uid: Type.String(),
    dataset_uid: Type.String(),
    email: Type.String(),
    is_confirmed: Type.Boolean(),
    created_at: instant(),
  }),
  AuditEntry: Type.Object({
    seq: Type.Integer(),
    at: instant(),
    username: nullable('string', { description: 'Who did it, or was said to' }),
    via: nullable('string', { description: 'password, apikey, session or openid' }),
    key_uid: nullable('string'),
    address: nullable('string'),
    action: Type.String({ description: 'The operation id of a route, or sign_in' }),
    target_type: nullable('string'),
    target: nullable('string'),
    outcome: Type.Unsafe({
      type: 'string',
      enum: ['done', 'refused', 'failed'],
      description: 'refused: it was not allowed. failed: it was, and nothing came of it',
    }),
    details: anything('What else matters'),
  }),
  AuditPage: Type.Object({ results: list('AuditEntry'), next_cursor: nullable('string') }),
  Session: Type.Object({
    session_uid: Type.String(),
    method: Type.String({ description: 'password or openid' }),
    address: Type.String({ description: 'From where it was begun' }),
    user_agent: nullable('string'),
    created_at: instant(),
    last_seen_at: instant(),
    expires_at: instant(),
    is_current: Type.Boolean({ description: 'Whether it is the one that asks' }),
  }),
}
