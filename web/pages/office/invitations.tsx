import type { VNode } from 'preact'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect, ShowAgain } from '../../kit/page.ts'
import { management } from '../../office/types.ts'
import { usersPath } from './users.tsx'

interface Outcome {
  /** An address, or a name of somebody who is invited again. */
  readonly who: string
  readonly what: 'mailed' | 'link' | 'already-member' | 'invalid-email'
  /** To pass on, where no mails are sent. */
  readonly link: string | null
}

/** What became of invitations. A link is shown once, like a key: by the page that made it. */
export const invitations = definePage({
  path: `${usersPath}/invited`,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    if (context.sent?.problem !== null) throw new Redirect(usersPath)
    const { form } = context.sent
    return form.get(actionField) === 'invite_again'
      ? [await inviteAgain(context, form.get('name'), form.get('name'))]
      : inviteAll(context, form)
  },
  act: async () => new ShowAgain(),
  head: (_data, { t }) => ({ title: t('users.invitations'), robots: 'noindex' as const }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    return (
      <>
        <nav class="small" aria-label={t('dataset.breadcrumb')}>
          <a href={usersPath}>{t('office.users')}</a>
        </nav>
        <h1>{t('users.invitations')}</h1>
        <ul class="plain stack">
          {data.map(({ who, what, link }) => (
            <li key={who} class="card">
              <h2>{who}</h2>
              <p>{t(`users.outcome.${what}`)}</p>
              {link && <code class="breakable">{link}</code>}
            </li>
          ))}
        </ul>
      </>
    )
  },
})

async function inviteAll(context: PageContext, form: Form): Promise<Outcome[]> {
  const emails = form.get('emails').split(/[\s,;]+/)
  const told = await context.api.send<Readonly<Record<string, string>>>('POST', `${management}/users`, {
    emails: emails.filter((email) => email !== ''),
  })
  const { is_mail_configured: isMailed } = await context.api.get<{ readonly is_mail_configured: boolean }>(
    '/api/auth/v1/methods',
  )
  const outcomes: Outcome[] = []
  for (const [who, what] of Object.entries(told)) {
    const name = /^success: (.+)$/.exec(what)?.[1]
    if (name === undefined) outcomes.push({ who, what: what as Outcome['what'], link: null })
    else if (isMailed) outcomes.push({ who, what: 'mailed', link: null })
    else outcomes.push(await inviteAgain(context, name, who))
  }
  return outcomes
}

async function inviteAgain({ api }: PageContext, name: string, who: string): Promise<Outcome> {
  const path = `/api/auth/v1/users/${encodeURIComponent(name)}/invitation`
  const { link } = await api.send<{ readonly link: string | null }>('POST', path)
  return { who, what: link === null ? 'mailed' : 'link', link }
}
