import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Form } from '../kit/form.ts'
import { Field } from './field.tsx'

const names = ['calls_per_day', 'max_datasets', 'max_records_by_dataset'] as const

/** What an account or the members of a group may use. */
export interface Allowance {
  readonly quotas: { readonly limit?: number }
  readonly limits: { readonly max_datasets?: number; readonly max_records_by_dataset?: number }
}

/** Empty: as much as one likes. */
export function AllowanceFields({
  id,
  given: { quotas, limits },
  form,
}: {
  readonly id: string
  readonly given: Allowance
  /** As it was sent, when it was not taken. */
  readonly form: Form | undefined
}): VNode {
  const { t } = useEnv()
  const saved = { calls_per_day: quotas.limit, ...limits }
  return (
    <fieldset class="plain-fieldset">
      <legend class="strong">{t('users.limits')}</legend>
      <div class="form-grid">
        {names.map((name) => (
          <Field key={name} id={`${id}-${name}`} label={`${t(`users.${name}`)} (${t('office.optional')})`}>
            <input
              id={`${id}-${name}`}
              name={name}
              inputMode="numeric"
              defaultValue={form?.get(name) ?? String(saved[name] ?? '')}
            />
          </Field>
        ))}
      </div>
    </fieldset>
  )
}

/** As the API takes it; what is no number is sent as it is, for the API to say so. */
export function allowanceIn(form: Form): object {
  const number = (name: (typeof names)[number]) => {
    const text = form.get(name).trim()
    return /^\d+$/.test(text) ? Number(text) : text
  }
  const given = (name: (typeof names)[number]) => (number(name) === '' ? {} : { [name]: number(name) })
  const calls = number('calls_per_day')
  return {
    quotas: calls === '' ? {} : { limit: calls, unit: 'day' },
    limits: { ...given('max_datasets'), ...given('max_records_by_dataset') },
  }
}
