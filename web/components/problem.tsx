import type { VNode } from 'preact'
import type { ApiError } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { Icon } from './icon.tsx'

/** Why something was not done, in the words of the API. */
export function Problem({
  problem,
}: {
  readonly problem: (Pick<ApiError, 'message' | 'hint'> & Partial<Pick<ApiError, 'body'>>) | null | undefined
}): VNode | null {
  const { t } = useEnv()
  if (!problem) return null
  const several = messagesIn(problem.body?.errors)
  return (
    <div class="notice bad" role="alert">
      <Icon name="warning" />
      <div>
        {several.length > 1 ? (
          <ul class="problems">
            {several.map((message) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        ) : (
          problem.message || t('error.text')
        )}
        {problem.hint && <div class="small">{problem.hint}</div>}
      </div>
    </div>
  )
}

/** Of a request with several faults: what is wrong with each, where the message of the whole says nothing of them. */
function messagesIn(errors: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(errors) ? errors : []
  return list.flatMap((one) => {
    const { message } = (one ?? {}) as { readonly message?: unknown }
    return typeof message === 'string' ? [message] : []
  })
}
