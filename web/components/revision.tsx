import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { PageContext } from '../kit/page.ts'

/** The form field that says which state a form was filled in for. */
export const revisionField = 'revision'

const changedKey = 'catalog.changed_meanwhile'
export const isChangedMeanwhile = ({ sent }: PageContext): boolean => sent?.problem?.key === changedKey

/** As the form was shown first; once its author has been told of another's change, the state that they were told of. */
export function Revision({
  context,
  saved,
}: {
  readonly context: PageContext
  readonly saved: string
}): VNode {
  const shown = isChangedMeanwhile(context) ? '' : context.sent?.form.get(revisionField)
  return <input type="hidden" name={revisionField} value={shown || saved} />
}

/** For the call that saves: what the form was filled in for must still be there. */
export const onlyIfUnchanged = (form: { get(name: string): string }) => {
  const revision = form.get(revisionField)
  return revision === '' ? {} : { headers: { 'if-match': `"${revision}"` } }
}

/** Where what is saved now differs from what was sent, when somebody else has saved meanwhile. */
export function ChangedMeanwhile({
  differences,
  page,
}: {
  readonly differences: readonly { readonly label: string; readonly saved?: string | undefined }[]
  readonly page: string
}): VNode {
  const { t } = useEnv()
  return (
    <div class="notice warn">
      <div class="stack">
        <p>{t('meanwhile.text')}</p>
        {differences.length > 0 && (
          <ul>
            {differences.map(({ label, saved }) => (
              <li key={label}>
                <strong>{label}</strong>
                {saved !== undefined && <> {t('meanwhile.saved', { value: saved === '' ? '–' : saved })}</>}
              </li>
            ))}
          </ul>
        )}
        <p>
          <a href={page} target="_blank" rel="noopener">
            {t('meanwhile.look')}
          </a>
        </p>
      </div>
    </div>
  )
}
