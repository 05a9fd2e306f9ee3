import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Problem } from '../../components/problem.tsx'
import { ApiError, withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect, type WebAnswer } from '../../kit/page.ts'
import { doneText } from '../../office/done.ts'
import { localPath } from '../preferences.ts'

interface SignInMethods {
  /** Whether a forgotten password can be asked for. */
  readonly is_mail_configured: boolean
  readonly openid: { readonly name: string; readonly url: string } | null
}

const sessionPath = '/api/auth/v1/session'

/** Signing in and out. The cookie is the API's own: what it sets is passed on. */
export const login = definePage({
  path: '/login',
  area: 'portal',
  layout: 'bare',
  load: async ({ api, session, url, sent }) => {
    if (session !== null && !sent) throw new Redirect(backOf(url))
    const back = url.searchParams.get('back') ?? ''
    const methods = await api.get<SignInMethods>('/api/auth/v1/methods')
    return { back, methods }
  },
  act: async (context, form) =>
    form.get(actionField) === 'sign_out' ? signOut(context) : signIn(context, form),
  head: (_data, { t }) => ({ title: t('nav.sign_in'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { sent, url } = context
    const done = doneText(url.searchParams.get('done'))
    return (
      <div class="page narrow">
        <form class="card stack" method="post" action={`/login?back=${encodeURIComponent(data.back)}`}>
          <h1>{t('nav.sign_in')}</h1>
          <Problem problem={sent?.problem} />
          {done && !sent && (
            <p class="notice ok" role="status">
              <Icon name="check" />
              {t(done)}
            </p>
          )}
          <Csrf action="sign_in" />
          <Field id="username" label={t('login.username')}>
            <input
              id="username"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              required
              defaultValue={sent?.form.get('username') ?? url.searchParams.get('username') ?? undefined}
            />
          </Field>
          <Field id="password" label={t('login.password')}>
            <input id="password" name="password" type="password" autoComplete="current-password" required />
          </Field>
          <button class="button" type="submit">
            {t('nav.sign_in')}
          </button>
          {data.methods.openid && (
            <a class="button secondary" href={withQuery(data.methods.openid.url, { back: backOf(url) })}>
              {t('login.with', { name: data.methods.openid.name })}
            </a>
          )}
          {data.methods.is_mail_configured && <a href="/account/forgotten">{t('password.forgotten')}</a>}
        </form>
      </div>
    )
  },
})

const backOf = (url: URL) => {
  const back = localPath(url)
  return back === '/' ? '/backoffice/datasets' : back
}

async function signIn({ api, url }: PageContext, form: Form): Promise<WebAnswer> {
  const body = { username: form.get('username'), password: form.get('password') }
  const answer = await api.call('POST', sessionPath, { body })
  if (answer.status >= 400) throw new ApiError(answer.status, JSON.parse(answer.text))
  return leave(backOf(url), answer.headers)
}

async function signOut({ api, lang, t }: PageContext): Promise<WebAnswer> {
  const answer = await api.call('DELETE', sessionPath)
  if (answer.status >= 400) throw new ApiError(answer.status, JSON.parse(answer.text || '{}'))
  const elsewhere = answer.headers['broadsheet-sign-out']
  if (elsewhere === undefined) return leave('/login?done=signed_out', answer.headers)
  // Not a redirect: browsers hold those of a form to where forms of the page may go, which is here.
  const { location: _, ...headers } = leave(elsewhere, answer.headers).headers
  const text = t('office.sign_out_elsewhere')
  const page = (
    <html lang={lang}>
      <head>
        <title>{text}</title>
      </head>
      <body>
        <p>
          <a href={elsewhere}>{text}</a>
        </p>
      </body>
    </html>
  )
  return {
    status: 200,
    headers: { ...headers, refresh: `0;url=${elsewhere}`, 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html>${renderToString(page)}`,
  }
}

function leave(location: string, headers: Readonly<Record<string, string>>): WebAnswer {
  const cookie = headers['set-cookie']
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', ...(cookie ? { 'set-cookie': cookie } : {}) },
    body: '',
  }
}
