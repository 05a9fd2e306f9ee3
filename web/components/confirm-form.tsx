import type { ComponentChildren, VNode } from 'preact'
import { Csrf } from './csrf.tsx'

/** A button that opens what it would do, and the button that does it. */
export function ConfirmForm({
  back,
  action,
  sent = {},
  label,
  text,
  children,
}: {
  /** Of the page that takes the form. */
  readonly back: string
  /** Which of the page's forms it is. */
  readonly action: string
  /** Hidden fields. */
  readonly sent?: Readonly<Record<string, string>>
  readonly label: string
  readonly text: string
  readonly children?: ComponentChildren
}): VNode {
  return (
    <details class="confirm">
      <summary class="button danger small">{label}</summary>
      <form method="post" class="card stack" action={back}>
        <Csrf action={action} />
        {Object.entries(sent).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <p>{text}</p>
        {children}
        <button class="button danger" type="submit">
          {label}
        </button>
      </form>
    </details>
  )
}
