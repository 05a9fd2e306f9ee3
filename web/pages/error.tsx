import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

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
      <h1>{t(status === 404 ? 'error.not_found' : 'error.title')}</h1>
      <p>{t(status === 404 ? 'error.not_found_text' : 'error.text')}</p>
      {status !== 404 && message && <p class="muted">{[message, hint].filter(Boolean).join('. ')}</p>}
      <p>
        <a class="button" href="/">
          {t('error.home')}
        </a>
      </p>
    </div>
  )
}
