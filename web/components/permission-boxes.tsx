import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Form } from '../kit/form.ts'
import { permissionLabel } from '../kit/labels.ts'

/** Those of the whole domain. */
const permissions = [
  'create_dataset',
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
  'explore_restricted_dataset',
  'create_page',
  'edit_page',
  'manage_page',
  'edit_domain',
] as const

/** What somebody may do, one box each; names are those of the API. `given` that are not listed are kept. */
export function PermissionBoxes({
  id,
  given,
  among = permissions,
}: {
  readonly id: string
  readonly given: readonly string[]
  readonly among?: readonly string[]
}): VNode {
  const { t } = useEnv()
  const others = given.filter((name) => !among.includes(name))
  return (
    <fieldset class="plain-fieldset">
      <legend class="strong">{t('users.permissions')}</legend>
      <div class="row flags">
        {[...among, ...others].map((name) => (
          <span key={name} class="flag">
            <input
              id={`${id}-may-${name}`}
              type="checkbox"
              name="permission"
              value={name}
              defaultChecked={given.includes(name)}
            />
            <label for={`${id}-may-${name}`}>{permissionLabel(t, name)}</label>
          </span>
        ))}
      </div>
    </fieldset>
  )
}

export const permissionsIn = (form: Form): readonly string[] => form.all('permission')
