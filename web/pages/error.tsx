import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'

const titles: Readonly<Record<number, MessageKey>> = { 403: 'error.forbidden', 404: 'error.not_found' }
const texts: Readonly<Record<number, MessageKey>> = {
  403: 'error.forbidden_text',
  404: 'error.not_found_text',
}

/** In place of a page that cannot be shown. `message` and `hint`: of the API, in its words. */
export function ErrorPage({
  status,
  message,
  hint,
}: {
  readonly status: number
  readonly message: string | null
  readonly hint: string | null
}): VNode {
  const { t } = useEnv()
  return (
    <div class="page error-page">
      <p class="error-status" aria-hidden="true">
        {status}
      </p>
      <h1>{t(titles[status] ?? 'error.title')}</h1>
      <p>{t(texts[status] ?? 'error.text')}</p>
      {status !== 404 && message && <p class="muted">{[message, hint].filter(Boolean).join('. ')}</p>}
      <p>
        <a class="button" href="/">
          {t('error.home')}
        </a>
      </p>
    </div>
  )
}
