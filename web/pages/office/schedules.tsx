import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, officePath, type Schedule } from '../../office/types.ts'

const tab = 'schedules'
const usual = ['0 * * * *', '0 6 * * *', '0 6 * * 1', '0 6 1 * *'] as const
const names = ['hourly', 'daily', 'weekly', 'monthly'] as const

/** When the dataset is published by itself. */
export const schedules = definePage({
  path: '/backoffice/datasets/:uid/schedules',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      context.api.get<readonly Schedule[]>(apiPath(context.params.uid!, '/schedules')),
    ])
    return { dataset, found }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const path = apiPath(uid, '/schedules')
    if (form.get(actionField) === 'delete') {
      await api.send('DELETE', `${path}/${encodeURIComponent(form.get('schedule'))}`)
      return doneAt(officePath(uid, tab), 'deleted')
    }
    const cron = form.get('cron').trim() || form.get('usual')
    const timezone = form.get('timezone').trim()
    await api.send('POST', path, { cron_schedule: cron, ...(timezone === '' ? {} : { timezone }) })
    return doneAt(officePath(uid, tab), 'created')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t, format } = useEnv()
    const { dataset, found } = data
    const back = officePath(dataset.dataset_uid, tab)
    const form = context.sent?.form
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        {found.length === 0 && <p class="card empty">{t('schedules.none')}</p>}
        {found.map((schedule) => (
          <section key={schedule.schedule_uid} class="card row" aria-label={schedule.cron_schedule}>
            <div class="grow">
              <h2>{nameOf(schedule.cron_schedule, t) ?? <code>{schedule.cron_schedule}</code>}</h2>
              <p class="muted small">
                {schedule.timezone} · {t('office.by', { name: schedule.user.username })}
              </p>
              {schedule.next_runs[0] && (
                <p>{t('schedules.next', { date: format.dateTime(schedule.next_runs[0]) })}</p>
              )}
              {schedule.last_run && (
                <p class="muted">
                  {t('schedules.last', { date: format.dateTime(schedule.last_run.due_at) })}{' '}
                  {schedule.last_run.reason ??
                    (schedule.last_run.state
                      ? t(`job_state.${schedule.last_run.state}` as MessageKey)
                      : schedule.last_run.outcome)}
                </p>
              )}
            </div>
            <form method="post" action={back}>
              <Csrf action="delete" />
              <input type="hidden" name="schedule" value={schedule.schedule_uid} />
              <button
                class="button secondary"
                type="submit"
                aria-label={`${t('office.delete')}: ${schedule.cron_schedule}`}
              >
                {t('office.delete')}
              </button>
            </form>
          </section>
        ))}
        <form method="post" class="card stack" action={back}>
          <Csrf action="add" />
          <h2>{t('schedules.add')}</h2>
          <div class="form-grid">
            <Field id="usual" label={t('schedules.usual')}>
              <select id="usual" name="usual">
                {usual.map((cron, index) => (
                  <option key={cron} value={cron} selected={form?.get('usual') === cron}>
                    {t(`schedules.${names[index]!}`)}
                  </option>
                ))}
              </select>
            </Field>
            <Field
              id="cron"
              label={`${t('schedules.cron')} (${t('office.optional')})`}
              hint={t('schedules.cron_hint')}
            >
              <input
                id="cron"
                name="cron"
                defaultValue={form?.get('cron')}
                placeholder="30 5 * * 1-5"
                spellcheck={false}
                aria-describedby="cron-hint"
              />
            </Field>
            <Field id="timezone" label={`${t('schedules.timezone')} (${t('office.optional')})`}>
              <input
                id="timezone"
                name="timezone"
                defaultValue={form?.get('timezone')}
                placeholder="Europe/Paris"
              />
            </Field>
          </div>
          <div>
            <button class="button" type="submit">
              {t('office.add')}
            </button>
          </div>
        </form>
      </DatasetFrame>
    )
  },
})

function nameOf(cron: string, t: (key: MessageKey) => string): string | null {
  const at = (usual as readonly string[]).indexOf(cron)
  return at === -1 ? null : t(`schedules.${names[at]!}`)
}
