import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { Choice } from './choice.tsx'
import { Field } from './field.tsx'
import { Icon } from './icon.tsx'

/** What kind the new one is to be: leads to its form, `PAGE?add=KIND#new`. */
export function AddOneOf<T extends string>({
  page,
  label,
  among,
  textOf,
}: {
  readonly page: string
  readonly label: string
  readonly among: readonly T[]
  readonly textOf: (kind: T) => string
}): VNode {
  const { t } = useEnv()
  return (
    <form class="card row" action={`${page}#new`}>
      <Field id="add" label={label}>
        <Choice id="add" name="add" among={among} chosen="" textOf={textOf} />
      </Field>
      <button class="button" type="submit">
        <Icon name="plus" />
        {t('office.add')}
      </button>
    </form>
  )
}
