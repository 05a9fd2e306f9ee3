import { Type } from 'typebox'
import { findUser, keptDays, keptDaysOfEach } from '../../access/index.ts'
import { callsOfDomain, callsOfUser } from '../call-history.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { usageOf } from '../quotas.ts'
import { integerOf, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['users']
const params = Type.Object({ username: Type.String() })
const daysQuery = (most: number) =>
  Type.Object({
    days: Type.Optional(
      Type.String({ description: `How many days, today among them: 1 to ${most}; 30 by default` }),
    ),
  })
const readDays = (text: string | undefined, most: number) => integerOf('days', text, 30, most)

/** What somebody has used of what is allowed, and day by day. Ours. */
export const registerQuotas: RegisterRoutes = (scope, services) => {
  scope.get(
    '/quotas',
    operation('SELF', 'readQuotas', 'What you have used of your quotas and limits', answerOf('Usage'), {
      tags,
    }),
    async (request) => usageOf(services, usernameOf(request)),
  )
  scope.get(
    '/users/:username/quotas',
    operation('ADMIN', 'readQuotasOfUser', 'What a user has used of quotas and limits', answerOf('Usage'), {
      tags,
      params,
    }),
    async (request) => {
      const { username } = await findUser(services.control.db, request.params.username)
      return usageOf(services, username)
    },
  )
  scope.get(
    '/quotas/calls',
    operation('SELF', 'readOwnCalls', 'Your calls by day, and those of your keys', answerOf('CallHistory'), {
      tags,
      querystring: daysQuery(keptDaysOfEach),
    }),
    async (request) =>
      callsOfUser(services, usernameOf(request), readDays(request.query.days, keptDaysOfEach)),
  )
  scope.get(
    '/users/:username/quotas/calls',
    operation(
      'ADMIN',
      'readCallsOfUser',
      'Calls of a user by day, and those of their keys',
      answerOf('CallHistory'),
      { tags, params, querystring: daysQuery(keptDaysOfEach) },
    ),
    async (request) => {
      const { username } = await findUser(services.control.db, request.params.username)
      return callsOfUser(services, username, readDays(request.query.days, keptDaysOfEach))
    },
  )
  scope.get(
    '/domain/calls',
    operation(
      'ADMIN',
      'readCallsOfDomain',
      'Calls of everybody by day, and who called most',
      answerOf('DomainCallHistory'),
      { tags: ['domain'], querystring: daysQuery(keptDays) },
    ),
    async (request) => callsOfDomain(services, readDays(request.query.days, keptDays)),
  )
}
