/** What people do to be known: sign in and out, see to their account. One file per part of it. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { RegisterRoutes } from '../management/scope.ts'
import type { HttpServices } from '../services.ts'
import { registerAccount } from './account-routes.ts'
import { registerOpenid } from './openid-routes.ts'
import { registerSessions } from './session-routes.ts'

const parts: readonly RegisterRoutes[] = [registerSessions, registerAccount, registerOpenid]

export function registerAuth(app: FastifyInstance, services: HttpServices): void {
  const scope = app.withTypeProvider<TypeBoxTypeProvider>()
  for (const register of parts) register(scope, services)
}
