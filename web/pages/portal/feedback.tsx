import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Problem } from '../../components/problem.tsx'
import { useEnv } from '../../kit/env.ts'
import { definePage, NotFound, Redirect } from '../../kit/page.ts'
import { type Dataset, datasetPath, pagePath, titleOf } from '../../portal/dataset.ts'

export const feedbackPath = (id: string) => `/explore/dataset/${encodeURIComponent(id)}/feedback/`

const kinds = ['error', 'question'] as const

/** Report an error, or ask the publisher: a plain form, where the domain has it. */
export const feedback = definePage<{ readonly dataset: Dataset; readonly isSent: boolean }>({
  path: '/explore/dataset/:id/feedback',
  area: 'portal',
  layout: 'portal',
  async load({ api, brand, lang, params, url }) {
    if (!brand.feedback) throw new NotFound()
    const id = params.id!
    const dataset = await api.get<Dataset>(datasetPath(id), { lang })
    if (dataset.dataset_id !== id) throw new Redirect(feedbackPath(dataset.dataset_id), 308)
    return { dataset, isSent: url.searchParams.has('sent') }
  },
  async act({ api, params }, form) {
    const id = params.id!
    await api.send('POST', `/api/portal/v1/datasets/${encodeURIComponent(id)}/feedback`, {
      kind: form.get('kind'),
      comment: form.get('comment'),
      email: form.get('email').trim(),
      record_id: form.get('record_id').trim(),
    })
    return new Redirect(`${feedbackPath(id)}?sent=1`)
  },
  head: ({ dataset }, { t }) => ({ title: `${titleOf(dataset)}: ${t('feedback.title')}`, robots: 'noindex' }),
  View: ({ data: { dataset, isSent }, context }): VNode => {
    const { t } = useEnv()
    const id = dataset.dataset_id
    const form = context.sent?.form
    return (
      <div class="page stack">
        <header>
          <nav class="small crumbs" aria-label={t('nav.crumbs')}>
            <a href="/explore">{t('nav.explore')}</a>
            <a href={pagePath(id)}>{titleOf(dataset)}</a>
          </nav>
          <h1>{t('feedback.title')}</h1>
        </header>
        <Problem problem={context.sent?.problem} />
        {isSent ? (
          <p class="notice ok" role="status">
            {t('feedback.sent')}
          </p>
        ) : (
          <form method="post" class="card stack" action={feedbackPath(id)}>
            <Csrf />
            <Field id="kind" label={t('feedback.kind')}>
              <select id="kind" name="kind">
                {kinds.map((kind) => (
                  <option key={kind} value={kind} selected={form?.get('kind') === kind}>
                    {t(`feedback.kind.${kind}`)}
                  </option>
                ))}
              </select>
            </Field>
            <Field id="comment" label={t('feedback.comment')} isRequired>
              <textarea
                id="comment"
                name="comment"
                rows={6}
                maxLength={4000}
                required
                defaultValue={form?.get('comment')}
              />
            </Field>
            <Field id="record_id" label={`${t('feedback.record')} (${t('office.optional')})`}>
              <input
                id="record_id"
                name="record_id"
                maxLength={64}
                spellcheck={false}
                defaultValue={form?.get('record_id') ?? context.url.searchParams.get('record') ?? ''}
              />
            </Field>
            <Field
              id="email"
              label={`${t('feedback.email')} (${t('office.optional')})`}
              hint={t('feedback.email_hint')}
            >
              <input
                id="email"
                name="email"
                type="email"
                maxLength={254}
                autoComplete="email"
                defaultValue={form?.get('email')}
                aria-describedby="email-hint"
              />
            </Field>
            <div>
              <button class="button" type="submit">
                {t('feedback.send')}
              </button>
            </div>
          </form>
        )}
      </div>
    )
  },
})
