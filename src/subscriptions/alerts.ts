/** Tells people by mail of jobs that failed, were held or did not get everything: who ordered them, and who owns the dataset. */
import { mayOwner } from '../access/index.ts'
import { createWindowLimit, findPerson } from '../accounts/index.ts'
import type { ControlDb } from '../control/index.ts'
import { type Job, listUntold, takeUntold } from '../jobs/index.ts'
import { AppError, type Clock, errorSpec, formatTemplate, fromErrorValue } from '../kernel/index.ts'
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

  async function tell(job: Job): Promise<void> {
    const trouble = troubleOf(job)
    const mails = trouble === null ? [] : await mailsOf(job, trouble)
    await db.transaction().execute(async (trx) => {
      if (!(await takeUntold(trx, job.jobUid))) return
      for (const mail of mails) await mailer.send({ mail, kind: 'alert', usefulMs: dayMs }, trx)
    })
  }

  async function mailsOf(job: Job, trouble: Trouble) {
    const dataset = await db
      .selectFrom('datasets')
      .select(['dataset_id', 'owner', 'metas_json'])
      .where('dataset_uid', '=', job.subject)
      .executeTakeFirst()
    const names = new Set([job.username, ...(dataset ? [dataset.owner] : [])])
    const mails = []
    for (const username of names) {
      // Whoever may not read of it here any more is not written of it either.
      const reader = { username, permission: 'READ', now: clock.now() } as const
      if (dataset && !(await mayOwner(db, reader, job.subject))) continue
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
    const jobs = await listUntold(db, clock.now() - newsMs, batchSize)
    for (const job of jobs) await tell(job)
    return jobs.length === batchSize
  }
}

interface Trouble {
  readonly what: string
  readonly detail: string
}

/** Null: all went well, or as somebody wanted. */
function troubleOf(job: Job): Trouble | null {
  if (job.state === 'error') {
    const error = job.error === null ? new AppError('http.internal', {}) : fromErrorValue(job.error)
    const { hint } = errorSpec(error.key)
    const advice = hint ? `\n${formatTemplate(hint, error.params)}.` : ''
    return { what: `Failed: ${job.function}`, detail: `${error.message}.${advice}` }
  }
  const result = job.result ?? {}
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
