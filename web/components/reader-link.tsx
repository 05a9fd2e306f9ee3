import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Dataset } from '../office/types.ts'
import { Icon } from './icon.tsx'

/** To the page that readers see; nothing while they see none. */
export function ReaderLink({ dataset }: { readonly dataset: Dataset }): VNode | null {
  const { t } = useEnv()
  if (!dataset.status.published) return null
  return (
    <a class="button quiet small" href={`/explore/dataset/${encodeURIComponent(dataset.dataset_id)}/`}>
      {t('dataset.see')}
      <Icon name="right" />
    </a>
  )
}
