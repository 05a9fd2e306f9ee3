import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { actionField, csrfField } from '../kit/form.ts'

/** The first fields of a form that changes something. `action`: which of the page's forms it is, when it is not a button that says it. */
export function Csrf({ action }: { readonly action?: string }): VNode {
  const { session } = useEnv()
  return (
    <>
      <input type="hidden" name={csrfField} value={session?.csrf_token ?? ''} />
      {action !== undefined && <input type="hidden" name={actionField} value={action} />}
    </>
  )
}
