import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { Icon } from './icon.tsx'

const directions = ['up', 'down'] as const

/** One place up, one place down: buttons of the form around them. */
export function MoveButtons({
  label,
  index,
  count,
  field,
  orderOf,
}: {
  /** What is moved. */
  readonly label: string
  readonly index: number
  readonly count: number
  /** Name of the buttons. */
  readonly field: string
  readonly orderOf: (direction: 'up' | 'down') => string
}): VNode {
  const { t } = useEnv()
  return (
    <>
      {directions.map((direction) => (
        <button
          key={direction}
          class="button quiet small"
          type="submit"
          name={field}
          value={orderOf(direction)}
          disabled={direction === 'up' ? index === 0 : index === count - 1}
          aria-label={t(`office.move_${direction}`, { name: label })}
        >
          <Icon name={direction} />
        </button>
      ))}
    </>
  )
}
