import { AppError } from '../kernel/index.ts'

/** More is not hashed: it would be a way to keep the server busy. */
const maxLength = 256

/**
 * Whether a password may be chosen: long enough, and not what everybody tries first for this account. Without rules about
 * kinds of characters, which make passwords worse (NIST SP 800-63B section 3.1.1.2). Errors: access.password_refused.
 */
export function checkNewPassword(
  password: string,
  account: { readonly username: string; readonly email: string | null },
  minLength: number,
): void {
  const refuse = (reason: string) => {
    throw new AppError('access.password_refused', { reason })
  }
  const length = [...password].length
  if (length < minLength) refuse(`it has fewer than ${minLength} characters`)
  if (length > maxLength) refuse(`it has more than ${maxLength} characters`)
  const plain = password.toLowerCase()
  if (new Set(plain).size < 4) refuse('it has fewer than four different characters')
  if (isRun(plain)) refuse('its characters follow each other')
  for (const name of [account.username, account.email, account.email?.split('@')[0]]) {
    if (!name || name.length < 3) continue
    // What is left beside the name is what has to be guessed.
    const rest = plain.replaceAll(name.toLowerCase(), '')
    if (rest.length < plain.length && [...rest].length < minLength / 2)
      refuse('it is made of the user name or the address')
  }
}

/** `abcdefghij`, `9876543210`. */
function isRun(text: string): boolean {
  const steps = new Set<number>()
  for (let at = 1; at < text.length; at++) steps.add(text.charCodeAt(at) - text.charCodeAt(at - 1))
  return steps.size === 1
}
