import type { VNode } from 'preact'
import type { ApiError } from '../kit/api.ts'
import { Icon } from './icon.tsx'

/** Why something was not done, in the words of the API. */
export function Problem({
  problem,
}: {
  readonly problem: Pick<ApiError, 'message' | 'hint'> | null | undefined
}): VNode | null {
  if (!problem) return null
  return (
    <div class="notice bad" role="alert">
      <Icon name="warning" />
      <div>
        {problem.message}
        {problem.hint && <div class="small">{problem.hint}</div>}
      </div>
    </div>
  )
}
