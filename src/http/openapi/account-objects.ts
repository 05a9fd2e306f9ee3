import { Type } from 'typebox'
import { instant, nullable } from './shapes.ts'

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
