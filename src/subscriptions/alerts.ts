/** Tells people by mail of jobs that failed, were held or did not get everything: who ordered them, and who owns the dataset. */
import { createWindowLimit, findPerson } from '../accounts/index.ts'
import type { ControlDb } from '../control/index.ts'
import {
  AppError,
  type Clock,
  type ErrorValue,
  errorSpec,
  formatTemplate,
  fromErrorValue,
} from '../kernel/index.ts'
import type { Mailer } from '../mail/index.ts'
import { alertMail } from './mails.ts'

export interface AlertDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly mailer: Mailer
  readonly publicUrl: () => string
}

const dayMs = 86_400_000
/** What is older is not news any more: a server that was off for long does not tell everything at once. */
const newsMs = dayMs
const batchSize = 50
/** What fails with every run of a schedule need not be told with every run. */
const perDay = 5

/** Looks for jobs that nobody has been told of; answers a function that tells of some, and whether there may be more. */
export function createAlerts({ db, clock, mailer, publicUrl }: AlertDeps): () => Promise<boolean> {
  const limit = createWindowLimit(clock, { max: perDay, windowMs: dayMs })

  async function untold(): Promise<JobRow[]> {
    return db
      .selectFrom('jobs')
      .select(['job_uid', 'function', 'subject', 'username', 'state', 'result_json', 'error_json'])
      .where('finished_at', '>', clock.now() - newsMs)
      .where('has_events', '=', 1)
      .where('state', 'in', ['done', 'error'])
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('job_alerts')
              .select('job_alerts.job_uid')
              .whereRef('job_alerts.job_uid', '=', 'jobs.job_uid'),
          ),
        ),
      )
      .orderBy('finished_at')
      .limit(batchSize)
      .execute()
  }

  async function tell(job: JobRow): Promise<void> {
    const trouble = troubleOf(job)
    const mails = trouble === null ? [] : await mailsOf(job, trouble)
    await db.transaction().execute(async (trx) => {
      // Of two processes one tells.
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('job_alerts')
        .values({ job_uid: job.job_uid, at: clock.now() })
        .onConflict((conflict) => conflict.column('job_uid').doNothing())
        .executeTakeFirst()
      if (Number(numInsertedOrUpdatedRows ?? 0) === 0) return
      for (const mail of mails) await mailer.send({ mail, kind: 'alert', usefulMs: dayMs }, trx)
    })
  }

  async function mailsOf(job: JobRow, trouble: Trouble) {
    const dataset = await db
      .selectFrom('datasets')
      .select(['dataset_id', 'owner', 'metas_json'])
      .where('dataset_uid', '=', job.subject)
      .executeTakeFirst()
    const names = new Set([job.username, ...(dataset ? [dataset.owner] : [])])
    const mails = []
    for (const username of names) {
      const person = await findPerson(db, username).catch(() => null)
      if (!person?.isActive || person.email === null || person.alerts === 'none') continue
      try {
        limit(`${username}\0${job.subject}`)
      } catch {
        continue
      }
      const site = publicUrl()
      const link = dataset
        ? `${site}/backoffice/datasets/${job.subject}`
        : `${site}/backoffice/harvesters/${job.subject}`
      const facts = {
        title: dataset?.dataset_id ?? job.subject,
        link,
        settings: `${site}/backoffice/account`,
      }
      mails.push(alertMail(person.email, { ...trouble, ...facts }))
    }
    return mails
  }

  return async () => {
    const jobs = await untold()
    for (const job of jobs) await tell(job)
    return jobs.length === batchSize
  }
}

interface JobRow {
  readonly job_uid: string
  readonly function: string
  readonly subject: string
  readonly username: string
  readonly state: string
  readonly result_json: string | null
  readonly error_json: string | null
}

interface Trouble {
  readonly what: string
  readonly detail: string
}

/** Null: all went well, or as somebody wanted. */
function troubleOf(job: JobRow): Trouble | null {
  if (job.state === 'error') {
    const error =
      job.error_json === null
        ? new AppError('http.internal', {})
        : fromErrorValue(JSON.parse(job.error_json) as ErrorValue)
    const { hint } = errorSpec(error.key)
    const advice = hint ? `\n${formatTemplate(hint, error.params)}.` : ''
    return { what: `Failed: ${job.function}`, detail: `${error.message}.${advice}` }
  }
  const result = JSON.parse(job.result_json ?? '{}') as Record<string, unknown>
  if (result.dry_run === true || result.aborted === true) return null
  if (result.held === true)
    return {
      what: 'Waits for you',
      detail: `The publish did not pass its gates and is held until ${String(result.kept_until)}. Readers see what they saw before.`,
    }
  const rejected = Number(result.rows_rejected ?? 0)
  if (result.partial !== true && rejected === 0) return null
  return {
    what: 'Not everything was published',
    detail:
      rejected > 0
        ? `${rejected} rows could not be read and are kept aside.`
        : 'What is published is only part of the data.',
  }
}

/** Forgets what is too old to be looked for. */
export async function forgetAlerts(db: ControlDb, before: number): Promise<void> {
  await db.deleteFrom('job_alerts').where('at', '<', before).execute()
}
