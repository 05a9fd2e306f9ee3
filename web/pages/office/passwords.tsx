import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Problem } from '../../components/problem.tsx'
import { useEnv } from '../../kit/env.ts'
import type { Form } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, type PageContext, type Redirect } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'

/** What the forms for people who are not signed in have in common: one card, one button. */
function strangersPage(page: {
  readonly path: string
  readonly title: MessageKey
  readonly lead: MessageKey
  readonly submit: MessageKey
  readonly fields: readonly ('login' | 'token' | 'password' | 'names')[]
  act(context: PageContext, form: Form): Promise<Redirect>
}) {
  return definePage({
    path: page.path,
    area: 'portal',
    layout: 'bare',
    load: async () => ({}),
    act: page.act,
    head: (_data, { t }) => ({ title: t(page.title), robots: 'noindex' as const }),
    View: ({ context }): VNode => {
      const { t } = useEnv()
      const { sent, url } = context
      const text = (name: string) => sent?.form.get(name) ?? ''
      return (
        <div class="page narrow">
          <form class="card stack" method="post" action={page.path}>
            <h1>{t(page.title)}</h1>
            <Problem problem={sent?.problem} />
            {url.searchParams.get('done') === 'mail_sent' && (
              <p class="notice ok" role="status">
                <Icon name="check" />
                {t('done.mail_sent')}
              </p>
            )}
            <p class="muted">{t(page.lead)}</p>
            <Csrf />
            {page.fields.includes('login') && (
              <Field id="login" label={t('password.login')}>
                <input
                  id="login"
                  name="login"
                  autoComplete="username"
                  required
                  defaultValue={text('login')}
                />
              </Field>
            )}
            {page.fields.includes('token') && (
              <Field id="token" label={t('password.token')} hint={t('password.token_hint')}>
                <input
                  id="token"
                  name="token"
                  required
                  autoComplete="off"
                  defaultValue={text('token')}
                  data-from-fragment="token"
                  aria-describedby="token-hint"
                />
              </Field>
            )}
            {page.fields.includes('names') && (
              <>
                <Field id="first_name" label={`${t('account.first_name')} (${t('office.optional')})`}>
                  <input
                    id="first_name"
                    name="first_name"
                    autoComplete="given-name"
                    defaultValue={text('first_name')}
                  />
                </Field>
                <Field id="last_name" label={`${t('account.last_name')} (${t('office.optional')})`}>
                  <input
                    id="last_name"
                    name="last_name"
                    autoComplete="family-name"
                    defaultValue={text('last_name')}
                  />
                </Field>
              </>
            )}
            {page.fields.includes('password') && (
              <Field id="password" label={t('password.new')}>
                <input id="password" name="password" type="password" autoComplete="new-password" required />
              </Field>
            )}
            <button class="button" type="submit">
              {t(page.submit)}
            </button>
            <a href="/login">{t('nav.sign_in')}</a>
          </form>
        </div>
      )
    },
  })
}

export const passwordForgotten = strangersPage({
  path: '/account/forgotten',
  title: 'password.forgotten',
  lead: 'password.forgotten_lead',
  submit: 'password.send',
  fields: ['login'],
  async act({ api }, form) {
    await api.send('POST', '/api/auth/v1/password-resets', { login: form.get('login').trim() })
    return doneAt('/account/forgotten', 'mail_sent')
  },
})

export const passwordReset = strangersPage({
  path: '/account/reset',
  title: 'password.reset',
  lead: 'password.reset_lead',
  submit: 'password.set',
  fields: ['token', 'password'],
  async act({ api }, form) {
    const body = { token: form.get('token').trim(), password: form.get('password') }
    await api.send('POST', '/api/auth/v1/password-resets/confirm', body)
    return doneAt('/login', 'password_changed')
  },
})

export const invitation = strangersPage({
  path: '/account/invitation',
  title: 'password.invitation',
  lead: 'password.invitation_lead',
  submit: 'password.set',
  fields: ['token', 'names', 'password'],
  async act({ api }, form) {
    const { username } = await api.send<{ username: string }>('POST', '/api/auth/v1/invitations/accept', {
      token: form.get('token').trim(),
      password: form.get('password'),
      first_name: form.get('first_name').trim(),
      last_name: form.get('last_name').trim(),
    })
    // Whoever was invited knows an address, and not what the account is called.
    return doneAt(`/login?username=${encodeURIComponent(username)}`, 'password_changed')
  },
})

export const emailConfirmation = strangersPage({
  path: '/account/email',
  title: 'password.email',
  lead: 'password.email_lead',
  submit: 'password.confirm',
  fields: ['token'],
  async act({ api }, form) {
    await api.send('POST', '/api/auth/v1/email-confirmations', { token: form.get('token').trim() })
    return doneAt('/login', 'email_confirmed')
  },
})
