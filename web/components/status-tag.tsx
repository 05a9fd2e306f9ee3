import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'
import { type DatasetStatus, isWorking } from '../office/types.ts'

const tones: Readonly<Record<string, string>> = {
  published: 'ok',
  unpublished: '',
  error: 'bad',
  held: 'warn',
  partial: 'warn',
  stale: 'warn',
  limit_reached: 'warn',
}

/** What a dataset is now: what readers see first, then what is under way or wrong. */
export function StatusTags({ status }: { readonly status: DatasetStatus }): VNode {
  const { t } = useEnv()
  const states = [
    status.published ? 'published' : 'unpublished',
    ...(isWorking(status) || status.name === 'error' || status.name === 'limit_reached' ? [status.name] : []),
    ...(status.held ? ['held'] : []),
    ...(status.partial ? ['partial'] : []),
    ...(status.stale ? ['stale'] : []),
  ]
  return (
    <span class="row tags">
      {states.map((state) => (
        <span key={state} class={`tag ${tones[state] ?? 'accent'}`}>
          {t(`status.${state}` as MessageKey)}
        </span>
      ))}
    </span>
  )
}
