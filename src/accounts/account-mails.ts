/** What accounts say by mail. Tokens are behind the `#` of a link: no server on the way and no log ever has them. */
import type { Mail } from '../mail/index.ts'

export interface MailSite {
  /** Where the server is reached, without a slash at its end. */
  readonly publicUrl: string
}

const hostOf = ({ publicUrl }: MailSite) => new URL(publicUrl).host

export function invitationLink({ publicUrl }: MailSite, token: string): string {
  return `${publicUrl}/account/invitation#token=${token}`
}

export function invitationMail(site: MailSite, to: string, username: string, token: string): Mail {
  return {
    to,
    subject: `Your account on ${hostOf(site)}`,
    text: `An account has been made for you on ${site.publicUrl}
Your user name is: ${username}

Choose a password within seven days:
${invitationLink(site, token)}

If you do not expect this, there is nothing you have to do.
`,
  }
}

export function resetMail(site: MailSite, to: string, username: string, token: string): Mail {
  return {
    to,
    subject: `A new password for ${hostOf(site)}`,
    text: `Somebody, most likely you, wants a new password for the user ${username} on ${site.publicUrl}

Choose one within an hour; the link works once:
${site.publicUrl}/account/reset#token=${token}

If it was not you, there is nothing you have to do: your password stays as it is.
`,
  }
}

export function addressMail(site: MailSite, to: string, username: string, token: string): Mail {
  return {
    to,
    subject: `Confirm your address for ${hostOf(site)}`,
    text: `The user ${username} on ${site.publicUrl} says that this is their address.

If this is right, confirm it within a day:
${site.publicUrl}/account/email#token=${token}

If it is not, there is nothing you have to do.
`,
  }
}

export function changedMail(site: MailSite, to: string, username: string, what: string): Mail {
  return {
    to,
    subject: `${what} on ${hostOf(site)}`,
    text: `${what} of the user ${username} on ${site.publicUrl}.

If it was not you, ask for a new password at once and tell whoever runs the server:
${site.publicUrl}/account/forgotten
`,
  }
}
