/** After a form has been taken, the next page says so: `?done=saved`. */
import type { MessageKey } from '../kit/i18n.ts'
import { Redirect } from '../kit/page.ts'

export const doneNotices = [
  'saved',
  'created',
  'deleted',
  'ordered',
  'restored',
  'version_saved',
  'revoked',
  'signed_out',
  'restore_ordered',
  'moved',
  'mail_sent',
  'password_changed',
  'email_confirmed',
] as const
export type Done = (typeof doneNotices)[number]

export const doneText = (done: string | null): MessageKey | null =>
  doneNotices.includes(done as Done) ? `done.${done as Done}` : null

/** Back to a page of ours that says what was done. `path` may have a query and a fragment. */
export function doneAt(path: string, done: Done): Redirect {
  const [front = '', fragment] = path.split('#')
  const joined = `${front}${front.includes('?') ? '&' : '?'}done=${done}`
  return new Redirect(fragment === undefined ? joined : `${joined}#${fragment}`)
}
