import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { ConnectionField } from '../components/connection-field.tsx'
import { Csrf } from '../components/csrf.tsx'
import { Field } from '../components/field.tsx'
import { Icon } from '../components/icon.tsx'
import { Problem } from '../components/problem.tsx'
import { ApiError } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import type { Connection } from '../office/connection-form.ts'
import { createFrom } from '../office/create.ts'
import { type SourceAddress, sourceAddressIn } from '../office/source-address.ts'
import { management, officePath } from '../office/types.ts'
import { uploadFile } from '../office/upload.ts'

type Phase =
  | { readonly name: 'choosing' }
  | { readonly name: 'uploading'; readonly filename: string; readonly share: number }
  | { readonly name: 'detecting' }

/** Files dropped, chosen or pasted, or an address: becomes a draft to look through. Without JavaScript, two forms. */
export default function CreateDataset({
  url: givenUrl,
  connection,
  connections,
}: {
  readonly url: string
  /** Uid of the one that is chosen; empty: none. */
  readonly connection: string
  readonly connections: readonly Pick<Connection, 'connection_uid' | 'name'>[]
}): VNode {
  const { t, api, session, format } = useEnv()
  const [phase, setPhase] = useState<Phase>({ name: 'choosing' })
  const [problem, setProblem] = useState<ApiError | null>(null)
  const [isOver, setOver] = useState(false)
  const upload = useRef<AbortController | null>(null)
  const isBusy = phase.name !== 'choosing'

  async function attempt(work: () => Promise<readonly SourceAddress[]>) {
    setProblem(null)
    try {
      const sources = await work()
      setPhase({ name: 'detecting' })
      const uid = await createFrom(api, sources, '')
      location.assign(officePath(uid, 'start'))
    } catch (error) {
      setPhase({ name: 'choosing' })
      if ((error as Error).name === 'AbortError') return
      setProblem(error instanceof ApiError ? error : new ApiError(0, { message: t('create.network') }))
    }
  }

  const takeFiles = (files: readonly File[]) => {
    if (files.length === 0 || isBusy) return
    void attempt(async () => {
      const sources: SourceAddress[] = []
      upload.current = new AbortController()
      for (const file of files) {
        const onProgress = (share: number) => setPhase({ name: 'uploading', filename: file.name, share })
        onProgress(0)
        const csrf = session?.csrf_token ?? ''
        const signal = upload.current.signal
        const stored = await uploadFile(`${management}/files`, file, { csrf, onProgress, signal })
        sources.push({ url: stored.url, params: {} })
      }
      return sources
    })
  }
  const takeUrl = (event: Event) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const get = (name: string) => String(fields.get(name) ?? '')
    if (get('url').trim() === '' || isBusy) return
    void attempt(async () => [await sourceAddressIn(api, { get })])
  }

  return (
    <div class="stack">
      <Problem problem={problem} />
      <div class="create-ways">
        <form class="card stack" method="post" action="/backoffice/new" encType="multipart/form-data">
          <Csrf action="file" />
          <h2>{t('create.by_file')}</h2>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the input inside is the first. */}
          <div
            class={`drop-zone ${isOver ? 'over' : ''}`}
            onDragOver={(event) => {
              event.preventDefault()
              setOver(true)
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault()
              setOver(false)
              takeFiles([...(event.dataTransfer?.files ?? [])])
            }}
          >
            <Icon name="upload" />
            <label for="file">{t('create.drop')}</label>
            <input
              id="file"
              name="file"
              type="file"
              multiple
              required
              disabled={isBusy}
              aria-describedby="file-hint"
              onChange={(event) => takeFiles([...(event.currentTarget.files ?? [])])}
            />
            <span class="small muted" id="file-hint">
              {t('create.formats')}
            </span>
          </div>
          <button class="button no-js" type="submit">
            {t('create.upload')}
          </button>
        </form>
        <form class="card stack" method="post" action="/backoffice/new" onSubmit={takeUrl}>
          <Csrf action="url" />
          <h2>{t('create.by_url')}</h2>
          <Field id="url" label={t('create.url')} hint={t('create.url_hint')}>
            <input
              id="url"
              name="url"
              type="text"
              inputMode="url"
              required
              defaultValue={givenUrl}
              placeholder="https://"
              aria-describedby="url-hint"
            />
          </Field>
          <ConnectionField id="connection" connections={connections} chosen={connection} />
          <div>
            <button class="button" type="submit" disabled={isBusy}>
              {t('create.look')}
            </button>
          </div>
        </form>
      </div>
      <div role="status" class="create-progress">
        {phase.name === 'uploading' && (
          <div class="card stack">
            <p>
              {t('create.uploading', { name: phase.filename })} {format.percent(phase.share)}
            </p>
            <progress
              value={phase.share}
              max={1}
              aria-label={t('create.uploading', { name: phase.filename })}
            />
            <div>
              <button class="button secondary" type="button" onClick={() => upload.current?.abort()}>
                {t('office.cancel')}
              </button>
            </div>
          </div>
        )}
        {phase.name === 'detecting' && <p class="card">{t('create.detecting')}</p>}
      </div>
    </div>
  )
}
