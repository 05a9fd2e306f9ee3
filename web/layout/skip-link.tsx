import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

export function SkipLink(): VNode {
  const { t } = useEnv()
  return (
    <a class="skip-link" href="#content">
      {t('skip_to_content')}
    </a>
  )
}
