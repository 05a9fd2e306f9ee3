import type { VNode } from 'preact'
import type { Api } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { actionField, type Form } from '../kit/form.ts'
import type { MessageKey } from '../kit/i18n.ts'
import type { Schedule } from '../office/types.ts'
import { Csrf } from './csrf.tsx'
import { Field } from './field.tsx'

const usual = ['0 * * * *', '0 6 * * *', '0 6 * * 1', '0 6 1 * *'] as const
const names = ['hourly', 'daily', 'weekly', 'monthly'] as const

/** When something is done by itself: the schedules that there are, and a form for another one. */
export function Schedules({
  found,
  back,
  form,
  title,
}: {
  readonly found: readonly Schedule[]
  /** Of the page that takes the forms, for `changeSchedules`. */
  readonly back: string
  /** As it was sent, when it was not taken. */
  readonly form: Form | undefined
  readonly title: string
}): VNode {
  const { t, timezone } = useEnv()
  return (
    <>
      {found.map((schedule) => (
        <ScheduleCard key={schedule.schedule_uid} schedule={schedule} back={back} />
      ))}
      <form method="post" class="card stack" action={back}>
        <Csrf action="add_schedule" />
        <h2>{title}</h2>
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
              placeholder={timezone}
            />
          </Field>
        </div>
        <div>
          <button class="button" type="submit">
            {t('office.add')}
          </button>
        </div>
      </form>
    </>
  )
}

function ScheduleCard({ schedule, back }: { readonly schedule: Schedule; readonly back: string }): VNode {
  const { t, format } = useEnv()
  const { cron_schedule: cron, timezone, next_runs, last_run } = schedule
  return (
    <section class="card row" aria-label={cron}>
      <div class="grow">
        <h2>{nameOf(cron, t) ?? <code>{cron}</code>}</h2>
        <p class="muted small">
          {timezone} · {t('office.by', { name: schedule.user.username })}
        </p>
        {next_runs[0] && <p>{t('schedules.next', { date: format.dateTime(next_runs[0], timezone) })}</p>}
        {last_run && (
          <p class="muted">
            {t('schedules.last', { date: format.dateTime(last_run.due_at, timezone) })}{' '}
            {last_run.reason ??
              (last_run.state ? t(`job_state.${last_run.state}` as MessageKey) : last_run.outcome)}
          </p>
        )}
      </div>
      <form method="post" action={back}>
        <Csrf action="delete_schedule" />
        <input type="hidden" name="schedule" value={schedule.schedule_uid} />
        <button class="button secondary" type="submit" aria-label={`${t('office.delete')}: ${cron}`}>
          {t('office.delete')}
        </button>
      </form>
    </section>
  )
}

function nameOf(cron: string, t: (key: MessageKey) => string): string | null {
  const at = (usual as readonly string[]).indexOf(cron)
  return at === -1 ? null : t(`schedules.${names[at]!}`)
}

/** Takes what the forms of `Schedules` send. `path`: of the schedules in the API. Errors: ApiError. */
export async function changeSchedules(api: Api, path: string, form: Form): Promise<'created' | 'deleted'> {
  if (form.get(actionField) === 'delete_schedule') {
    await api.send('DELETE', `${path}/${encodeURIComponent(form.get('schedule'))}`)
    return 'deleted'
  }
  const cron = form.get('cron').trim() || form.get('usual')
  const timezone = form.get('timezone').trim()
  await api.send('POST', path, { cron_schedule: cron, ...(timezone === '' ? {} : { timezone }) })
  return 'created'
}
