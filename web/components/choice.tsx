import type { VNode } from 'preact'

/** A select of a few values. `textOf`: what a value is called; the value itself by default. */
export function Choice<T extends string>({
  id,
  name,
  among,
  chosen,
  textOf = (value) => value,
  hint,
  label,
}: {
  readonly id?: string
  readonly name: string
  readonly among: readonly T[]
  readonly chosen: string
  readonly textOf?: (value: T) => string
  /** Id of what describes it. */
  readonly hint?: string
  /** Where no label element says it. */
  readonly label?: string
}): VNode {
  return (
    <select id={id} name={name} aria-describedby={hint} aria-label={label}>
      {among.map((value) => (
        <option key={value} value={value} selected={value === chosen}>
          {textOf(value)}
        </option>
      ))}
    </select>
  )
}
