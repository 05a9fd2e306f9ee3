import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { type Harvester, type HarvesterType, harvesterFlags } from '../office/harvester.ts'
import { ArgumentFields } from './argument-fields.tsx'
import { Field } from './field.tsx'
import { Flag } from './flag.tsx'

/** The controls of a harvester: its name, what its type asks for, what it does with what it finds. */
export function HarvesterFields({
  type,
  values,
}: {
  readonly type: HarvesterType
  readonly values: Partial<Pick<Harvester, 'name' | 'params' | (typeof harvesterFlags)[number]>>
}): VNode {
  const { t } = useEnv()
  return (
    <>
      <Field id="name" label={t('harvesters.name')}>
        <input id="name" name="name" required defaultValue={values.name} />
      </Field>
      <ArgumentFields id="harvester" args={type.parameters} values={values.params ?? {}} fieldNames={[]} />
      <div class="stack">
        {harvesterFlags.map((flag) => (
          <Flag
            key={flag}
            id={flag}
            name={flag}
            isSet={values[flag] === true}
            label={t(`harvesters.${flag}`)}
            hint={t(`harvesters.${flag}_hint`)}
          />
        ))}
      </div>
    </>
  )
}

export function HarvesterStatus({ status }: { readonly status: Harvester['status'] }): VNode {
  const { t } = useEnv()
  const isResting = status === 'new' || status === 'idle'
  return <span class={`tag ${isResting ? '' : 'accent'}`}>{t(`harvester_status.${status}`)}</span>
}
