import type { VNode } from 'preact'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, officePath } from '../../office/types.ts'

interface Feedback {
  readonly feedback_uid: string
  readonly kind: 'error' | 'question'
  readonly record_id: string | null
  readonly comment: string
  readonly user: { readonly username: string } | null
  readonly email: string | null
  readonly created_at: string
  readonly closed_at: string | null
  readonly closed_by: { readonly username: string } | null
}

const tab = 'feedback'
const rows = 20

/** What readers have written about the dataset: answered by mail, closed here. */
export const feedback = definePage({
  path: '/backoffice/datasets/:uid/feedback',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const state: 'open' | 'closed' = url.searchParams.get('state') === 'closed' ? 'closed' : 'open'
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      api.get<readonly Feedback[]>(apiPath(params.uid!, '/feedbacks'), { state, rows, page }),
    ])
    return { dataset, found, state, page }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const path = apiPath(uid, `/feedbacks/${encodeURIComponent(form.get('feedback'))}`)
    const action = form.get(actionField)
    if (action === 'delete') await api.send('DELETE', path)
    else await api.send('PUT', path, { closed: action === 'close' })
    return doneAt(officePath(uid, tab), action === 'delete' ? 'deleted' : 'saved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { dataset, found, state, page } = data
    const back = officePath(dataset.dataset_uid, tab)
    const other = state === 'open' ? 'closed' : 'open'
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <p>
          <a href={withQuery(back, { state: other })}>{t(`feedback.see_${other}`)}</a>
        </p>
        {found.length === 0 && <p class="card empty">{t(`feedback.none_${state}`)}</p>}
        <ul class="plain stack">
          {found.map((one) => (
            <FeedbackCard key={one.feedback_uid} one={one} back={back} />
          ))}
        </ul>
        <Neighbours
          page={page}
          hasNext={found.length === rows}
          hrefOf={(to) => withQuery(back, { state, page: to })}
        />
      </DatasetFrame>
    )
  },
})

function FeedbackCard({ one, back }: { readonly one: Feedback; readonly back: string }): VNode {
  const { t, format } = useEnv()
  const { feedback_uid: uid, kind, comment, email, user, record_id: record, closed_at: closedAt } = one
  const action = closedAt === null ? 'close' : 'reopen'
  return (
    <li class="card stack">
      <p class="row">
        <span class={`tag ${kind === 'error' ? 'warn' : 'accent'}`}>{t(`feedback.kind.${kind}`)}</span>
        <span class="muted small">
          {format.dateTime(one.created_at)} · {user?.username ?? t('feedback.nobody')}
          {record !== null && <> · {t('feedback.of_record', { id: record })}</>}
          {closedAt !== null && (
            <>
              {' '}
              ·{' '}
              {t('feedback.closed', { date: format.dateTime(closedAt), name: one.closed_by?.username ?? '' })}
            </>
          )}
        </span>
      </p>
      <p class="as-written">{comment}</p>
      <div class="row">
        {email !== null && (
          <a class="button secondary small" href={`mailto:${encodeURIComponent(email)}`}>
            {t('feedback.answer', { email })}
          </a>
        )}
        <form method="post" class="inline" action={back}>
          <Csrf action={action} />
          <input type="hidden" name="feedback" value={uid} />
          <button class="button small" type="submit" aria-label={`${t(`feedback.${action}`)}: ${uid}`}>
            {t(`feedback.${action}`)}
          </button>
        </form>
        <ConfirmForm
          back={back}
          action="delete"
          sent={{ feedback: uid }}
          label={t('office.delete')}
          text={t('feedback.delete_text')}
        />
      </div>
    </li>
  )
}
