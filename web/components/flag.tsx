import type { ComponentChildren, VNode } from 'preact'

/** A box to tick, and what it says. */
export function Flag({
  id,
  name,
  isSet,
  label,
  value,
  hint,
}: {
  readonly id: string
  readonly name: string
  readonly isSet: boolean
  readonly label: ComponentChildren
  /** Where several boxes have one name. */
  readonly value?: string
  readonly hint?: string
}): VNode {
  return (
    <span class="flag">
      <input
        id={id}
        name={name}
        type="checkbox"
        value={value}
        defaultChecked={isSet}
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      <span>
        <label for={id}>{label}</label>
        {hint && (
          <span class="small muted hint-line" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </span>
    </span>
  )
}
