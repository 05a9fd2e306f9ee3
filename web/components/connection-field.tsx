import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Connection } from '../office/connection-form.ts'
import { Choice } from './choice.tsx'
import { Field } from './field.tsx'

/** Whose secret the address is asked with. Nothing, where nobody has saved a connection. */
export function ConnectionField({
  id,
  connections,
  chosen,
}: {
  readonly id: string
  readonly connections: readonly Pick<Connection, 'connection_uid' | 'name'>[]
  readonly chosen: string
}): VNode | null {
  const { t } = useEnv()
  if (connections.length === 0) return null
  const nameOf = new Map(connections.map(({ connection_uid, name }) => [connection_uid, name]))
  return (
    <Field
      id={id}
      label={`${t('sources.connection')} (${t('office.optional')})`}
      hint={t('sources.connection_hint')}
    >
      <Choice
        id={id}
        name="connection"
        among={['', ...nameOf.keys()]}
        chosen={chosen}
        textOf={(uid) => nameOf.get(uid) ?? ''}
        hint={`${id}-hint`}
      />
    </Field>
  )
}
