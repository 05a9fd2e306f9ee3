import type { VNode } from 'preact'
import { type Allowance, AllowanceFields, allowanceIn } from '../../components/allowance-fields.tsx'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Flag } from '../../components/flag.tsx'
import { PermissionBoxes, permissionsIn } from '../../components/permission-boxes.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { definePage, Redirect } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { management } from '../../office/types.ts'

interface Group extends Allowance {
  readonly group_id: string
  readonly title: string
  readonly description: string
  readonly user_count: number
  readonly permissions: readonly string[]
}

interface User extends Allowance {
  readonly username: string
  readonly display_name: string
  readonly email: string | null
  readonly permissions: readonly string[]
  readonly groups: readonly Group[]
  readonly is_active: boolean
  readonly has_password: boolean
  readonly last_seen: string | null
}

export const usersPath = '/backoffice/users'
const path = usersPath

/** Who there is, what they may do, in which groups; invitations. */
export const users = definePage({
  path,
  area: 'office',
  layout: 'office',
  load: async ({ api }) => {
    const [found, groups] = await Promise.all([
      api.get<readonly User[]>(`${management}/users`),
      api.get<readonly Group[]>(`${management}/groups`),
    ])
    return { found, groups }
  },
  act: async ({ api }, form) => {
    const name = encodeURIComponent(form.get('name'))
    const text = (field: string) => form.get(field).trim()
    switch (form.get(actionField)) {
      case 'user':
        await api.send('PUT', `${management}/users/${name}`, {
          permissions: permissionsIn(form),
          group_ids: form.all('group'),
          is_active: form.has('is_active'),
          ...allowanceIn(form),
        })
        return doneAt(path, 'saved')
      case 'delete_user':
        await api.send('DELETE', `${management}/users/${name}`)
        return doneAt(path, 'deleted')
      case 'add_group':
        await api.send('POST', `${management}/groups`, {
          title: text('title'),
          description: text('description'),
        })
        return doneAt(path, 'created')
      case 'group':
        await api.send('PUT', `${management}/groups/${name}`, {
          title: text('title'),
          description: text('description'),
          permissions: permissionsIn(form),
          ...allowanceIn(form),
        })
        return doneAt(path, 'saved')
      case 'delete_group':
        await api.send('DELETE', `${management}/groups/${name}`)
        return doneAt(path, 'deleted')
      default:
        return new Redirect(path)
    }
  },
  head: (_data, { t }) => ({ title: t('office.users'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const form = context.sent?.form
    const sentOf = (action: string, name: string) =>
      form?.get(actionField) === action && form.get('name') === name ? form : undefined
    return (
      <>
        <h1>{t('office.users')}</h1>
        <form method="post" class="card row invite" action={`${path}/invited`}>
          <Csrf action="invite" />
          <Field id="emails" label={t('users.invite')} hint={t('users.invite_hint')}>
            <input
              id="emails"
              name="emails"
              required
              defaultValue={form?.get('emails')}
              aria-describedby="emails-hint"
            />
          </Field>
          <button class="button" type="submit">
            {t('users.send')}
          </button>
        </form>
        <ul class="plain stack">
          {data.found.map((user) => (
            <UserCard
              key={user.username}
              user={user}
              groups={data.groups}
              form={sentOf('user', user.username)}
            />
          ))}
        </ul>
        <h2>{t('users.groups')}</h2>
        <form method="post" class="card row" action={path}>
          <Csrf action="add_group" />
          <Field id="title" label={t('users.group_title')}>
            <input
              id="title"
              name="title"
              required
              defaultValue={form?.get(actionField) === 'add_group' ? form.get('title') : ''}
            />
          </Field>
          <button class="button" type="submit">
            {t('users.add_group')}
          </button>
        </form>
        <ul class="plain stack">
          {data.groups.map((group) => (
            <GroupCard key={group.group_id} group={group} form={sentOf('group', group.group_id)} />
          ))}
        </ul>
      </>
    )
  },
})

function UserCard({
  user,
  groups,
  form,
}: {
  readonly user: User
  readonly groups: readonly Group[]
  /** As it was sent, when it was not taken. */
  readonly form: Form | undefined
}): VNode {
  const { t, format, session } = useEnv()
  const { username } = user
  const id = `user-${username.replaceAll(/\W/g, '-')}`
  const isIn = new Set(form?.all('group') ?? user.groups.map(({ group_id }) => group_id))
  return (
    <li class="card">
      <details open={form !== undefined}>
        <summary>
          <span class="strong">{user.display_name || username}</span>{' '}
          <span class="muted small">{user.email ?? username}</span>{' '}
          {!user.is_active && <span class="tag bad">{t('users.closed')}</span>}
          {!user.has_password && <span class="tag">{t('users.invited')}</span>}
          {user.last_seen && (
            <span class="muted small">
              {' '}
              · {t('account.last_seen', { date: format.dateTime(user.last_seen) })}
            </span>
          )}
        </summary>
        <form method="post" class="stack spaced" action={path}>
          <Csrf action="user" />
          <input type="hidden" name="name" value={username} />
          <PermissionBoxes id={id} given={form ? permissionsIn(form) : user.permissions} />
          {groups.length > 0 && (
            <fieldset class="plain-fieldset">
              <legend class="strong">{t('users.groups')}</legend>
              <div class="row flags">
                {groups.map((group) => (
                  <Flag
                    key={group.group_id}
                    id={`${id}-in-${group.group_id}`}
                    name="group"
                    value={group.group_id}
                    isSet={isIn.has(group.group_id)}
                    label={group.title}
                  />
                ))}
              </div>
            </fieldset>
          )}
          <AllowanceFields id={id} given={user} form={form} />
          <Flag
            id={`${id}-active`}
            name="is_active"
            isSet={form?.has('is_active') ?? user.is_active}
            label={t('users.active')}
          />
          <div>
            <button class="button" type="submit">
              {t('office.save')}
            </button>
          </div>
        </form>
        {!user.has_password && (
          <form method="post" class="spaced" action={`${path}/invited`}>
            <Csrf action="invite_again" />
            <input type="hidden" name="name" value={username} />
            <button class="button secondary small" type="submit">
              {t('users.invite_again')}
            </button>
          </form>
        )}
        {username !== session?.username && (
          <div class="spaced">
            <ConfirmForm
              back={path}
              action="delete_user"
              sent={{ name: username }}
              label={t('users.delete')}
              text={t('users.delete_text')}
            />
          </div>
        )}
      </details>
    </li>
  )
}

function GroupCard({ group, form }: { readonly group: Group; readonly form: Form | undefined }): VNode {
  const { t } = useEnv()
  const id = `group-${group.group_id}`
  return (
    <li class="card">
      <details open={form !== undefined}>
        <summary>
          <span class="strong">{group.title}</span>{' '}
          <span class="muted small">{t('users.members', { count: group.user_count })}</span>
        </summary>
        <form method="post" class="stack spaced" action={path}>
          <Csrf action="group" />
          <input type="hidden" name="name" value={group.group_id} />
          <Field id={`${id}-title`} label={t('users.group_title')}>
            <input
              id={`${id}-title`}
              name="title"
              required
              defaultValue={form?.get('title') ?? group.title}
            />
          </Field>
          <Field id={`${id}-description`} label={t('fields.description')}>
            <input
              id={`${id}-description`}
              name="description"
              defaultValue={form?.get('description') ?? group.description}
            />
          </Field>
          <PermissionBoxes id={id} given={form ? permissionsIn(form) : group.permissions} />
          <AllowanceFields id={id} given={group} form={form} />
          <div>
            <button class="button" type="submit">
              {t('office.save')}
            </button>
          </div>
        </form>
        <div class="spaced">
          <ConfirmForm
            back={path}
            action="delete_group"
            sent={{ name: group.group_id }}
            label={t('users.delete_group')}
            text={t('users.delete_text')}
          />
        </div>
      </details>
    </li>
  )
}
