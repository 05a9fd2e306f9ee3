import type { FastifyRequest } from 'fastify'
import { type TObject, Type } from 'typebox'
import { editableDatasets, mayDo } from '../../access/index.ts'
import { datasetIdsOf, findDataset } from '../../catalog/index.ts'
import { formatInstant, type JsonObject, type Language } from '../../kernel/index.ts'
import type { Schedule, ScheduleRun, Target } from '../../schedules/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { requireOfKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { inWords } from './print-job.ts'
import {
  datasetParams,
  type ManagementScope,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['schedules']
const cron = Type.String({
  maxLength: 1000,
  description: 'Five fields of cron: minute hour day-of-month month day-of-week',
})
const timezone = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    maxLength: 100,
    description:
      'By default, and with null, the one of the domain, else of the setting BROADSHEET_SCHEDULE_TIMEZONE',
  }),
)
const newSchedule = Type.Object({ cron_schedule: cron, timezone })
const scheduleChange = Type.Object({ cron_schedule: Type.Optional(cron), timezone })

/** When datasets are published by themselves. Management API section 20; docs/schedules.md. */
export const registerSchedules: RegisterRoutes = (scope, services) => {
  const targetOf = async (params: { dataset_uid: string }): Promise<Target> => ({
    kind: 'dataset',
    uid: (await findDataset(services.control.db, params.dataset_uid)).dataset_uid,
  })
  registerSchedulesOf(scope, services, {
    under: '/datasets/:dataset_uid',
    params: datasetParams,
    name: 'Schedule',
    what: 'dataset',
    permissions: { read: 'READ', write: 'WRITE' },
    targetOf,
  })

  scope.get(
    '/schedules',
    operation(
      'INDEX',
      'listAllSchedules',
      'Schedules of all that you may edit, with their next and last runs, oldest first',
      answerList('Schedule'),
      { tags },
    ),
    async (request) => {
      const { principal } = request
      const editable = await editableDatasets(services.control.db, principal)
      const all = await services.schedules.list(null)
      const found = all.filter(({ target }) =>
        target.kind === 'dataset'
          ? editable === 'all' || editable.has(target.uid)
          : mayDo(principal, 'HARVEST'),
      )
      const ids = await datasetIdsOf(
        services.control.db,
        found.map(({ target }) => target.uid),
      )
      return found.map((schedule) => ({
        ...print(services, schedule, spokenLanguage(request)),
        ...(schedule.target.kind === 'dataset' ? { dataset_id: ids.get(schedule.target.uid) ?? null } : {}),
      }))
    },
  )
}

interface Place<P> {
  readonly under: string
  readonly params: TObject
  /** Ends the names of operations. */
  readonly name: string
  readonly what: string
  readonly permissions: { readonly read: 'READ' | 'HARVEST'; readonly write: 'WRITE' | 'HARVEST' }
  targetOf(params: P): Promise<Target>
}

/** The same routes for whatever can be scheduled. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters are those of the place
export function registerSchedulesOf(scope: ManagementScope, services: HttpServices, place: Place<any>): void {
  const { schedules } = services
  const { name, what, permissions, params } = place
  const all = `${place.under}/schedules`
  const one = `${all}/:schedule_uid`
  const oneParams = Type.Object({ ...params.properties, schedule_uid: Type.String() })
  const targetOf = (request: FastifyRequest) => place.targetOf(request.params)
  const uidOf = (request: FastifyRequest) => (request.params as { schedule_uid: string }).schedule_uid

  scope.get(
    all,
    operation(
      permissions.read,
      `list${name}s`,
      `Schedules of the ${what}, oldest first`,
      answerList('Schedule'),
      { tags, params },
    ),
    async (request) =>
      (await schedules.list(await targetOf(request))).map((schedule) =>
        print(services, schedule, spokenLanguage(request)),
      ),
  )
  scope.post(
    all,
    operation(
      permissions.write,
      `create${name}`,
      `Have the ${what} run by the clock, in your name`,
      answerOf('Schedule', 201),
      { tags, params, body: newSchedule },
    ),
    async (request, reply) => {
      const { cron_schedule, timezone = null } = request.body
      const input = { cron: cron_schedule, timezone }
      const target = await targetOf(request)
      await requireToRun(services, request, target)
      const schedule = await schedules.create(target, usernameOf(request), input)
      return reply.status(201).send(print(services, schedule, spokenLanguage(request)))
    },
  )
  scope.get(
    one,
    operation(permissions.read, `read${name}`, 'Read a schedule', answerOf('Schedule'), {
      tags,
      params: oneParams,
    }),
    async (request) =>
      print(services, await schedules.find(await targetOf(request), uidOf(request)), spokenLanguage(request)),
  )
  scope.put(
    one,
    operation(
      permissions.write,
      `update${name}`,
      'Change a schedule, which is yours then; what is left out stays',
      answerOf('Schedule'),
      { tags, params: oneParams, body: scheduleChange },
    ),
    async (request) => {
      const { cron_schedule, timezone } = request.body
      const change = {
        ...(cron_schedule === undefined ? {} : { cron: cron_schedule }),
        ...(timezone === undefined ? {} : { timezone }),
      }
      const target = await targetOf(request)
      await schedules.find(target, uidOf(request))
      await requireToRun(services, request, target)
      const changed = await schedules.update(target, uidOf(request), usernameOf(request), change)
      return print(services, changed, spokenLanguage(request))
    },
  )
  scope.delete(
    one,
    operation(permissions.write, `delete${name}`, 'Delete a schedule', noContent, {
      tags,
      params: oneParams,
    }),
    async (request, reply) => {
      await schedules.delete(await targetOf(request), uidOf(request), usernameOf(request))
      return reply.status(204).send()
    },
  )
  scope.get(
    `${one}/runs`,
    operation(
      permissions.read,
      `list${name}Runs`,
      'What came of the runs of a schedule, newest first; the last hundred are kept',
      answerList('ScheduleRun'),
      { tags, params: oneParams, querystring: pageQuery },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const target = await targetOf(request)
      const found = await schedules.runs(target, uidOf(request), { limit: rows, offset: (page - 1) * rows })
      return found.map((run) => printRun(run, spokenLanguage(request)))
    },
  )
}

/** What the runs of a schedule take, of a key. Errors: those of requireOfKey. */
export async function requireToRun(
  services: HttpServices,
  request: FastifyRequest,
  { kind, uid }: Target,
): Promise<void> {
  if (kind === 'dataset') await requireOfKey(services, request, 'PUBLISH', uid)
}

function print({ schedules }: HttpServices, schedule: Schedule, language: Language): JsonObject {
  return {
    schedule_uid: schedule.scheduleUid,
    ...(schedule.target.kind === 'dataset'
      ? { dataset_uid: schedule.target.uid }
      : { harvester_id: schedule.target.uid }),
    cron_schedule: schedule.cron,
    timezone: schedule.timezone,
    next_runs: schedules.nextRuns(schedule).map(formatInstant),
    last_run: schedule.lastRun === null ? null : printRun(schedule.lastRun, language),
    created_at: formatInstant(schedule.createdAt),
    user: { username: schedule.username },
  }
}

function printRun(run: ScheduleRun, language: Language): JsonObject {
  return {
    due_at: formatInstant(run.dueAt),
    fired_at: formatInstant(run.firedAt),
    outcome: run.outcome,
    job_id: run.jobUid,
    state: run.jobState,
    reason: run.reason === null ? null : inWords(run.reason, language),
    missed_runs: run.missedCount,
  }
}
