import type { ComponentChildren, VNode } from 'preact'
import type { ActionName } from '../office/actions.ts'
import { Csrf } from './csrf.tsx'

export type Run = (action: ActionName, form: HTMLFormElement) => void

/** One button that is a form: it works without JavaScript as well. */
export function Act({
  action,
  run,
  kind = 'secondary',
  isBusy,
  fields = {},
  children,
}: {
  readonly action: ActionName
  readonly run: Run
  readonly kind?: string
  readonly isBusy: boolean
  readonly fields?: Readonly<Record<string, string>>
  readonly children: ComponentChildren
}): VNode {
  return (
    <form
      method="post"
      class="inline"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) run(action, event.currentTarget)
      }}
    >
      <Csrf action={action} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button class={`button ${kind}`} type="submit" aria-disabled={isBusy ? 'true' : undefined}>
        {children}
      </button>
    </form>
  )
}
