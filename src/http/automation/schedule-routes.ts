import type { FastifyRequest } from 'fastify'
import { type TObject, Type } from 'typebox'
import { findDataset } from '../../catalog/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import type { Schedule, Target } from '../../schedules/index.ts'
import { requireToRun } from '../management/schedule-routes.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import {
  type AutomationScope,
  datasetParams,
  invalid,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  textOrNull,
  usernameOf,
} from './scope.ts'

const scheduleBody = Type.Object({
  cron_schedule: textOrNull('Five fields of cron: minute hour day-of-month month day-of-week', 1000),
  timezone: textOrNull(
    'By default the one of the domain, else of the setting BROADSHEET_SCHEDULE_TIMEZONE',
    100,
  ),
})

/** When datasets are published by themselves. Automation API section 13. */
export const registerAutomationSchedules: RegisterRoutes = (scope, services) => {
  registerAutomationSchedulesOf(scope, services, {
    under: '/datasets/:dataset_uid/',
    params: datasetParams,
    tag: 'automation-datasets',
    name: 'automationDatasetSchedule',
    what: 'dataset',
    permissions: { read: 'READ', write: 'WRITE' },
    targetOf: async (params) => ({
      kind: 'dataset',
      uid: (await findDataset(services.control.db, params.dataset_uid!)).dataset_uid,
    }),
  })
}

interface Place {
  readonly under: string
  readonly params: TObject
  readonly tag: string
  /** Begins the names of operations. */
  readonly name: string
  readonly what: string
  readonly permissions: { readonly read: 'READ' | 'HARVEST'; readonly write: 'WRITE' | 'HARVEST' }
  targetOf(params: Record<string, string>): Promise<Target>
}

/** The same routes for whatever can be scheduled. */
export function registerAutomationSchedulesOf(
  scope: AutomationScope,
  services: HttpServices,
  { under, params, tag, name, what, permissions, targetOf }: Place,
): void {
  const { schedules } = services
  const all = `${under}schedules/`
  const one = `${all}:schedule_uid/`
  const tags = [tag]
  const oneParams = Type.Object({ ...params.properties, schedule_uid: Type.String() })
  const paramsOf = (request: FastifyRequest) => request.params as Record<string, string>
  const uidOf = (request: FastifyRequest) => paramsOf(request).schedule_uid!

  scope.get(
    all,
    operation(
      permissions.read,
      `${name}List`,
      `Schedules of the ${what}, oldest first`,
      answerPage('AutomationSchedule'),
      { tags, params, querystring: pageQuery },
    ),
    async (request) => {
      const found = await schedules.list(await targetOf(paramsOf(request)))
      return printPageOf(request, request.query, found, print)
    },
  )
  scope.post(
    all,
    operation(
      permissions.write,
      `${name}Create`,
      `Have the ${what} run by the clock, in your name`,
      answerOf('AutomationSchedule', 201),
      { tags, params, body: scheduleBody },
    ),
    async (request, reply) => {
      const { cron_schedule: cron, timezone = null } = request.body
      if (typeof cron !== 'string') throw invalid('cron_schedule', cron, 'it is needed')
      const target = await targetOf(paramsOf(request))
      await requireToRun(services, request, target)
      const schedule = await schedules.create(target, usernameOf(request), { cron, timezone })
      return reply.status(201).send(print(schedule))
    },
  )
  scope.get(
    one,
    operation(permissions.read, `${name}Read`, 'Read a schedule', answerOf('AutomationSchedule'), {
      tags,
      params: oneParams,
    }),
    async (request) => print(await schedules.find(await targetOf(paramsOf(request)), uidOf(request))),
  )
  scope.put(
    one,
    operation(
      permissions.write,
      `${name}Update`,
      'Change a schedule, which is yours then; what is left out stays',
      answerOf('AutomationSchedule'),
      { tags, params: oneParams, body: scheduleBody },
    ),
    async (request) => {
      const { cron_schedule, timezone } = request.body
      const change = {
        ...(typeof cron_schedule === 'string' ? { cron: cron_schedule } : {}),
        ...(typeof timezone === 'string' ? { timezone } : {}),
      }
      const target = await targetOf(paramsOf(request))
      await schedules.find(target, uidOf(request))
      await requireToRun(services, request, target)
      return print(await schedules.update(target, uidOf(request), usernameOf(request), change))
    },
  )
  scope.delete(
    one,
    operation(permissions.write, `${name}Delete`, 'Delete a schedule', noContent, {
      tags,
      params: oneParams,
    }),
    async (request, reply) => {
      await schedules.delete(await targetOf(paramsOf(request)), uidOf(request), usernameOf(request))
      return reply.status(204).send()
    },
  )
}

function print({ scheduleUid, cron, timezone }: Schedule): JsonObject {
  return { uid: scheduleUid, cron_schedule: cron, timezone }
}
