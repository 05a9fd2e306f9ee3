import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { PermissionBoxes, permissionsIn } from '../../components/permission-boxes.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { permissionLabel } from '../../kit/labels.ts'
import { definePage, type PageContext, ShowAgain, type WebAnswer } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { management } from '../../office/types.ts'

interface OpenSession {
  readonly session_uid: string
  readonly address: string
  readonly user_agent: string | null
  readonly last_seen_at: string
  readonly is_current: boolean
}

interface ApiKey {
  readonly key_uid: string
  readonly label: string | null
  readonly permissions: readonly string[]
}

const here = '/backoffice/account'
const sessionsPath = '/api/auth/v1/sessions'

/** Where one is signed in, one's password, one's keys for programs. */
export const account = definePage({
  path: here,
  area: 'office',
  layout: 'office',
  load: async ({ api }) => {
    const [sessions, keys] = await Promise.all([
      api.get<readonly OpenSession[]>(sessionsPath),
      api.get<readonly ApiKey[]>(`${management}/apikeys`),
    ])
    return { sessions, keys }
  },
  act: async (context, form) => {
    const { api } = context
    switch (form.get(actionField)) {
      case 'end':
        await api.send('DELETE', `${sessionsPath}/${encodeURIComponent(form.get('session'))}`)
        return doneAt(here, 'revoked')
      case 'password':
        return changePassword(context, form)
      case 'revoke':
        await api.send('DELETE', `${management}/apikeys/${encodeURIComponent(form.get('key'))}`)
        return doneAt(here, 'revoked')
      default:
        await api.send('DELETE', sessionsPath)
        return doneAt(here, 'revoked')
    }
  },
  head: (_data, { t }) => ({ title: t('office.account'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { session } = context
    return (
      <>
        <h1>{t('office.account')}</h1>
        <section class="card stack" aria-labelledby="who">
          <div class="row">
            <h2 id="who" class="grow">
              {session?.username}
            </h2>
            <a class="button secondary small" href="/backoffice/usage">
              {t('office.usage')}
            </a>
          </div>
          <p class="row">
            {session?.permissions.map((permission) => (
              <span key={permission} class="tag">
                {permissionLabel(t, permission)}
              </span>
            ))}
          </p>
        </section>
        <form method="post" class="card stack" action={here}>
          <Csrf action="password" />
          <h2>{t('account.password')}</h2>
          <div class="form-grid">
            <Field id="current_password" label={t('account.current_password')}>
              <input
                id="current_password"
                name="current_password"
                type="password"
                autoComplete="current-password"
                required
              />
            </Field>
            <Field id="password" label={t('password.new')}>
              <input id="password" name="password" type="password" autoComplete="new-password" required />
            </Field>
          </div>
          <div>
            <button class="button" type="submit">
              {t('password.set')}
            </button>
          </div>
        </form>
        <Sessions sessions={data.sessions} />
        <section class="stack" aria-labelledby="keys">
          <div class="row">
            <h2 id="keys" class="grow">
              {t('account.keys')}
            </h2>
            <a class="button secondary small" href="/backoffice/account/new-key">
              {t('account.new_key')}
            </a>
          </div>
          <ul class="plain stack">
            {data.keys.map((key) => (
              <li key={key.key_uid} class="card row">
                <div class="grow">
                  <span class="strong">{key.label ?? key.key_uid}</span>
                  <div class="small muted">
                    {key.permissions.map((permission) => permissionLabel(t, permission)).join(', ')}
                  </div>
                </div>
                <form method="post" action={here}>
                  <Csrf action="revoke" />
                  <input type="hidden" name="key" value={key.key_uid} />
                  <button
                    class="button secondary small"
                    type="submit"
                    aria-label={`${t('account.revoke')}: ${key.label ?? key.key_uid}`}
                  >
                    {t('account.revoke')}
                  </button>
                </form>
              </li>
            ))}
          </ul>
        </section>
      </>
    )
  },
})

function Sessions({ sessions }: { readonly sessions: readonly OpenSession[] }): VNode {
  const { t, format } = useEnv()
  return (
    <section class="stack" aria-labelledby="sessions">
      <div class="row">
        <h2 id="sessions" class="grow">
          {t('account.sessions')}
        </h2>
        <form method="post" action={here}>
          <Csrf action="end_all" />
          <button class="button secondary small" type="submit">
            {t('account.end_others')}
          </button>
        </form>
      </div>
      <ul class="plain stack">
        {sessions.map((one) => (
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
              <form method="post" action={here}>
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
  )
}

/** The session goes on under another cookie, which is passed on. */
async function changePassword({ api }: PageContext, form: Form): Promise<WebAnswer> {
  const body = { current_password: form.get('current_password'), password: form.get('password') }
  const answer = await api.call('PUT', '/api/auth/v1/me/password', { body })
  if (answer.status >= 400) throw new ApiError(answer.status, JSON.parse(answer.text))
  const cookie = answer.headers['set-cookie']
  return {
    status: 303,
    headers: {
      location: `${here}?done=saved`,
      'cache-control': 'no-store',
      ...(cookie ? { 'set-cookie': cookie } : {}),
    },
    body: '',
  }
}

/** A key is shown once: by the page that made it. */
export const newKey = definePage({
  path: `${here}/new-key`,
  area: 'office',
  layout: 'office',
  load: async (context) => ({
    made: context.sent?.problem === null ? await makeKey(context, context.sent.form) : null,
  }),
  act: async () => new ShowAgain(),
  head: (_data, { t }) => ({ title: t('account.new_key'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    return (
      <>
        <nav class="small" aria-label={t('dataset.breadcrumb')}>
          <a href={here}>{t('office.account')}</a>
        </nav>
        <h1>{t('account.new_key')}</h1>
        {data.made ? (
          <div class="card stack">
            <p class="notice ok">{t('account.key_once')}</p>
            <code class="breakable" id="key">
              {data.made.key}
            </code>
          </div>
        ) : (
          <form method="post" class="card stack" action={`${here}/new-key`}>
            <Csrf />
            <Field id="label" label={t('versions.label')}>
              <input id="label" name="label" required defaultValue={context.sent?.form.get('label')} />
            </Field>
            <PermissionBoxes
              id="key"
              given={['explore_restricted_dataset']}
              among={context.session?.permissions ?? []}
            />
            <div>
              <button class="button" type="submit">
                {t('account.new_key')}
              </button>
            </div>
          </form>
        )}
      </>
    )
  },
})

const makeKey = ({ api }: PageContext, form: Form) =>
  api.send<{ key: string }>('POST', `${management}/apikeys`, {
    label: form.get('label').trim(),
    permissions: permissionsIn(form),
  })
