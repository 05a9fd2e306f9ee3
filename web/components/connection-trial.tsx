import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Tried } from '../office/connection-form.ts'

export const trialId = (id: string) => `${id}-trial`

const tones = { ok: 'ok', unclear: 'warn', failed: 'bad' } as const

/** What came of trying a connection: how far it got, what is there, and why not. `id`: of its form. */
export function ConnectionTrial({ id, tried }: { readonly id: string; readonly tried: Tried | null }): VNode {
  const { t } = useEnv()
  return (
    <div id={trialId(id)} role="status">
      {tried && (
        <div class={`notice ${tones[tried.outcome]}`}>
          <div class="stack">
            <p class="strong">{t(`trial.${tried.outcome}`)}</p>
            {tried.url !== null && (
              <ul class="plain small">
                <li class="breakable">
                  {t(tried.reached ? 'trial.reached' : 'trial.not_reached', { url: tried.url })}
                </li>
                {tried.reached && <li>{t(`trial.sign_in.${tried.sign_in}`)}</li>}
              </ul>
            )}
            {tried.error && (
              <>
                <p>{tried.error.message}</p>
                {tried.error.hint && <p class="small">{tried.error.hint}</p>}
              </>
            )}
            {tried.found && <Found found={tried.found} />}
            <p class="small muted no-js">{t('trial.secret_again')}</p>
          </div>
        </div>
      )}
    </div>
  )
}

function Found({ found }: { readonly found: NonNullable<Tried['found']> }): VNode {
  const { t, format } = useEnv()
  if (found.kind === 'content') {
    const facts = [found.content_type, found.bytes === null ? null : format.bytes(found.bytes)]
    return (
      <>
        <p class="small">
          {t('trial.content', { what: facts.filter((fact) => fact !== null).join(', ') || '–' })}
        </p>
        {found.sample && <pre class="small">{found.sample}</pre>}
      </>
    )
  }
  return found.entries.length === 0 ? (
    <p class="small">{t('trial.empty')}</p>
  ) : (
    <ul class="plain small">
      {found.entries.map(({ name, kind, bytes }) => (
        <li key={name} class="breakable">
          {kind === 'directory' && !name.endsWith('/') ? `${name}/` : name}
          {bytes !== null && <span class="muted"> {format.bytes(bytes)}</span>}
        </li>
      ))}
      {found.has_more && <li class="muted">{t('trial.more')}</li>}
    </ul>
  )
}
