import { Type } from 'typebox'
import { findUser } from '../../access/index.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { usageOf } from '../quotas.ts'
import { type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['users']

/** What somebody has used of what is allowed. Ours. */
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
      params: Type.Object({ username: Type.String() }),
    }),
    async (request) => {
      const { username } = await findUser(services.control.db, request.params.username)
      return usageOf(services, username)
    },
  )
}
