import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'

/** Needs one of these too: whoever may do nothing to datasets is not shown what they are described with. */
const seesTemplates = ['create_dataset', 'edit_dataset']

const places = {
  '/backoffice/domain': 'office.domain',
  '/backoffice/templates': 'office.templates',
  '/backoffice/usage': 'office.usage',
  '/backoffice/disk': 'office.disk',
  '/backoffice/audit': 'office.audit',
} as const satisfies Record<string, MessageKey>
type Place = keyof typeof places

/** The pages of those for whom the domain is to see to. */
export const domainPaths = Object.keys(places) as readonly Place[]

/** The name of the page, and its neighbours for whoever may see them. */
export function DomainTop({ place }: { readonly place: Place }): VNode {
  const { t, session } = useEnv()
  const held = session?.permissions ?? []
  const shown = domainPaths.filter(
    (path) => path !== '/backoffice/templates' || seesTemplates.some((name) => held.includes(name)),
  )
  return (
    <div class="dataset-top">
      <h1>{t(places[place])}</h1>
      {held.includes('edit_domain') && (
        <nav class="tabs" aria-label={t('domain.tabs')}>
          {shown.map((path) => (
            <a key={path} href={path} aria-current={path === place ? 'page' : undefined}>
              {t(places[path])}
            </a>
          ))}
        </nav>
      )}
    </div>
  )
}
