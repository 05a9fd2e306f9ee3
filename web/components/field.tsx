import type { ComponentChildren, VNode } from 'preact'

/** A label, its control (which has `id`), and what helps to fill it in. The hint's id is `ID-hint`. */
export function Field({
  id,
  label,
  hint,
  isRequired = false,
  children,
}: {
  readonly id: string
  readonly label: ComponentChildren
  readonly hint?: ComponentChildren
  readonly isRequired?: boolean
  readonly children?: ComponentChildren
}): VNode {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isRequired && <span aria-hidden="true"> *</span>}
      </label>
      {children}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}
