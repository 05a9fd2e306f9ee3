import type { VNode } from 'preact'
import { AddOneOf } from '../../components/add-one-of.tsx'
import { Choice } from '../../components/choice.tsx'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { ConnectionTrial, trialId } from '../../components/connection-trial.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Flag } from '../../components/flag.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, type PageContext, Redirect, ShowAgain } from '../../kit/page.ts'
import {
  addresses,
  type Connection,
  connectionIn,
  isKind,
  type Kind,
  kinds,
  type ParamShape,
  paramName,
  paramsOf,
  type Tried,
} from '../../office/connection-form.ts'
import { doneAt } from '../../office/done.ts'
import { requireRight } from '../../office/require-right.ts'
import { management } from '../../office/types.ts'

const here = '/backoffice/connections'
const api = `${management}/connections`

/** Saved access to the servers that sources are fetched from. Their secrets go in, and never come out. */
export const connections = definePage({
  path: here,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    requireRight(context, 'edit_dataset')
    const asked = context.sent?.form.get('kind') ?? context.url.searchParams.get('add')
    const found = await context.api.get<readonly Connection[]>(api)
    const adding = isKind(asked) && !context.sent?.form.get('connection') ? asked : null
    return { found, adding, tried: await tryOut(context) }
  },
  act: async (context, form) => {
    const uid = form.get('connection')
    const kind = form.get('kind')
    if (form.get(actionField) === 'delete') {
      await context.api.send('DELETE', `${api}/${encodeURIComponent(uid)}`)
      return doneAt(here, 'deleted')
    }
    if (!isKind(kind)) return new Redirect(here)
    if (form.get(actionField) === 'test') return new ShowAgain()
    const said = connectionIn(form, kind)
    if (uid === '') await context.api.send('POST', api, said)
    else await context.api.send('PUT', `${api}/${encodeURIComponent(uid)}`, said)
    return doneAt(here, uid === '' ? 'created' : 'saved')
  },
  head: (_data, { t }) => ({ title: t('office.connections'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { found, adding, tried } = data
    const form = context.sent?.form
    return (
      <>
        <h1>{t('office.connections')}</h1>
        <p class="lead">{t('connections.lead')}</p>
        {found.length === 0 && !adding && <p class="card empty">{t('connections.none')}</p>}
        <ul class="plain stack">
          {found.map((connection) => (
            <ConnectionCard
              key={connection.connection_uid}
              connection={connection}
              form={form?.get('connection') === connection.connection_uid ? form : undefined}
              tried={tried}
            />
          ))}
        </ul>
        {adding ? (
          <section class="card stack" id="new" aria-labelledby="new-title">
            <h2 id="new-title">{t('connections.new_of', { kind: t(`connection_kind.${adding}`) })}</h2>
            <ConnectionForm kind={adding} connection={null} form={form} tried={tried} />
          </section>
        ) : (
          <AddOneOf
            page={here}
            label={t('connections.new')}
            among={kinds}
            textOf={(kind) => t(`connection_kind.${kind}`)}
          />
        )}
      </>
    )
  },
})

/** What comes of a try, when that is what the form was sent for. */
async function tryOut({ sent, api: client }: PageContext): Promise<Tried | null> {
  const form = sent?.form
  const kind = form?.get('kind') ?? null
  if (form?.get(actionField) !== 'test' || !isKind(kind)) return null
  const uid = form.get('connection')
  const { name: _name, ...said } = connectionIn(form, kind)
  const path = uid === '' ? `${api}/test` : `${api}/${encodeURIComponent(uid)}/test`
  const body = { ...said, path: form.get('path') }
  try {
    return { uid, ...(await client.send<Omit<Tried, 'uid'>>('POST', path, body)) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { message, hint } = error
    return {
      uid,
      outcome: 'failed',
      url: null,
      reached: false,
      sign_in: 'unknown',
      found: null,
      error: { message, hint },
    }
  }
}

function ConnectionCard({
  connection,
  form,
  tried,
}: {
  readonly connection: Connection
  /** As it was sent, when it was not taken. */
  readonly form: Form | undefined
  readonly tried: Tried | null
}): VNode {
  const { t } = useEnv()
  const { connection_uid: uid, name, kind, url, has_secret } = connection
  const isRefusedEdit = form !== undefined && form.get(actionField) !== 'delete'
  return (
    <li class="card" id={uid}>
      <details open={isRefusedEdit}>
        <summary>
          <span class="strong">{name}</span> <span class="tag">{t(`connection_kind.${kind}`)}</span>{' '}
          {has_secret && <span class="tag ok">{t('connections.has_secret')}</span>}{' '}
          <span class="muted small breakable">{url}</span>
        </summary>
        <div class="stack spaced">
          <ConnectionForm
            kind={kind}
            connection={connection}
            form={isRefusedEdit ? form : undefined}
            tried={tried}
          />
          <div>
            <ConfirmForm
              back={here}
              action="delete"
              sent={{ connection: uid }}
              label={t('office.delete')}
              text={t('connections.delete_text')}
            />
          </div>
        </div>
      </details>
    </li>
  )
}

function ConnectionForm({
  kind,
  connection,
  form,
  tried,
}: {
  readonly kind: Kind
  /** Null: a new one. */
  readonly connection: Connection | null
  readonly form: Form | undefined
  readonly tried: Tried | null
}): VNode {
  const { t } = useEnv()
  const id = connection?.connection_uid ?? 'new'
  const value = (name: 'name' | 'url' | 'username') => form?.get(name) ?? connection?.[name] ?? ''
  const secretHint = connection?.has_secret ? t('connections.secret_hint') : undefined
  const params = Object.entries(paramsOf[kind] as Readonly<Record<string, ParamShape>>)
  return (
    <form method="post" class="stack" action={`${here}#${id}`}>
      <Csrf />
      <input type="hidden" name="kind" value={kind} />
      <input type="hidden" name="connection" value={connection?.connection_uid ?? ''} />
      <div class="form-grid">
        <Field id={`${id}-name`} label={t('connections.name')}>
          <input id={`${id}-name`} name="name" required defaultValue={value('name')} />
        </Field>
        <Field id={`${id}-url`} label={t('connections.url')} hint={t('connections.url_hint')}>
          <input
            id={`${id}-url`}
            name="url"
            required
            inputMode="url"
            placeholder={addresses[kind]}
            defaultValue={value('url')}
            aria-describedby={`${id}-url-hint`}
          />
        </Field>
        <Field id={`${id}-username`} label={t(kind === 's3' ? 'connections.access_key' : 'login.username')}>
          <input
            id={`${id}-username`}
            name="username"
            autoComplete="off"
            spellcheck={false}
            defaultValue={value('username')}
          />
        </Field>
        <Field id={`${id}-secret`} label={t('connections.secret')} hint={secretHint}>
          <input
            id={`${id}-secret`}
            name="secret"
            type="password"
            autoComplete="new-password"
            aria-describedby={secretHint && `${id}-secret-hint`}
          />
        </Field>
        {params.map(([name, shape]) => (
          <Param
            key={name}
            id={`${id}-${name}`}
            name={name}
            shape={shape}
            value={form ? form.get(paramName(name)) : String(connection?.params[name] ?? '')}
            isSet={form ? form.has(paramName(name)) : connection?.params[name] === true}
          />
        ))}
      </div>
      {kind === 'sftp' && (
        <Field id={`${id}-key`} label={t('connections.key')} hint={t('connections.key_hint')}>
          <textarea
            id={`${id}-key`}
            name="key"
            rows={3}
            spellcheck={false}
            aria-describedby={`${id}-key-hint`}
          />
        </Field>
      )}
      {connection?.has_secret && (
        <Flag id={`${id}-no_secret`} name="no_secret" isSet={false} label={t('connections.no_secret')} />
      )}
      <div class="row">
        <button class="button" type="submit" name={actionField} value="save">
          {t('office.save')}
        </button>
        {connection === null && (
          <a class="button quiet" href={here}>
            {t('office.cancel')}
          </a>
        )}
      </div>
      <div class="form-grid">
        <Field
          id={`${id}-path`}
          label={`${t('connections.path')} (${t('office.optional')})`}
          hint={t(kind === 's3' ? 'connections.path_hint_s3' : 'connections.path_hint')}
        >
          <input
            id={`${id}-path`}
            name="path"
            defaultValue={form?.get('path')}
            spellcheck={false}
            aria-describedby={`${id}-path-hint`}
          />
        </Field>
        <div class="field end">
          <button
            class="button secondary"
            type="submit"
            name={actionField}
            value="test"
            formNoValidate
            data-look={trialId(id)}
            data-looking={t('connections.testing')}
          >
            {t('connections.test')}
          </button>
        </div>
      </div>
      <ConnectionTrial id={id} tried={tried?.uid === (connection?.connection_uid ?? '') ? tried : null} />
    </form>
  )
}

function Param({
  id,
  name,
  shape,
  value,
  isSet,
}: {
  readonly id: string
  readonly name: string
  readonly shape: ParamShape
  readonly value: string
  readonly isSet: boolean
}): VNode {
  const { t } = useEnv()
  const label = t(`connection_param.${name}` as MessageKey)
  if (shape === 'flag') return <Flag id={id} name={paramName(name)} isSet={isSet} label={label} />
  return (
    <Field id={id} label={`${label} (${t('office.optional')})`}>
      {shape === 'text' ? (
        <input id={id} name={paramName(name)} defaultValue={value} spellcheck={false} />
      ) : shape === 'lines' ? (
        <textarea id={id} name={paramName(name)} rows={3} defaultValue={value} spellcheck={false} />
      ) : (
        <Choice
          id={id}
          name={paramName(name)}
          among={['', ...shape]}
          chosen={value}
          textOf={(one) => (one === '' ? '' : t(`connection_param.${name}.${one}` as MessageKey))}
        />
      )}
    </Field>
  )
}
