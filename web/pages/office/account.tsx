import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'

interface OpenSession {
  readonly session_uid: string
  readonly method: string
  readonly address: string
  readonly user_agent: string | null
  readonly last_seen_at: string
  readonly is_current: boolean
}

const path = '/api/auth/v1/sessions'

/** Where one is signed in. */
export const account = definePage({
  path: '/backoffice/account',
  area: 'office',
  layout: 'office',
  load: async ({ api }) => ({ sessions: await api.get<readonly OpenSession[]>(path) }),
  act: async ({ api }, form) => {
    const session = form.get('session')
    const isOne = form.get(actionField) === 'end' && session !== ''
    await api.send('DELETE', isOne ? `${path}/${encodeURIComponent(session)}` : path)
    return doneAt('/backoffice/account', 'revoked')
  },
  head: (_data, { t }) => ({ title: t('office.account'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t, format } = useEnv()
    const { session } = context
    return (
      <>
        <h1>{t('office.account')}</h1>
        <section class="card stack" aria-labelledby="who">
          <h2 id="who">{session?.username}</h2>
          <p class="row">
            {session?.permissions.map((permission) => (
              <span key={permission} class="tag">
                {permission}
              </span>
            ))}
          </p>
        </section>
        <section class="stack" aria-labelledby="sessions">
          <div class="row">
            <h2 id="sessions" class="grow">
              {t('account.sessions')}
            </h2>
            <form method="post">
              <Csrf action="end_all" />
              <button class="button secondary small" type="submit">
                {t('account.end_others')}
              </button>
            </form>
          </div>
          <ul class="plain stack">
            {data.sessions.map((one) => (
              <li key={one.session_uid} class="card row">
                <div class="grow">
                  <span class="strong">{one.address}</span>{' '}
                  {one.is_current && <span class="tag ok">{t('account.this_one')}</span>}
                  <div class="small muted">{one.user_agent}</div>
                  <div class="small muted">
                    {t('account.last_seen', { date: format.dateTime(one.last_seen_at) })}
                  </div>
                </div>
                {!one.is_current && (
                  <form method="post">
                    <Csrf action="end" />
                    <input type="hidden" name="session" value={one.session_uid} />
                    <button class="button secondary small" type="submit">
                      {t('account.end')}
                    </button>
                  </form>
                )}
              </li>
            ))}
          </ul>
        </section>
      </>
    )
  },
})
