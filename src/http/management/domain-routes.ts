import { changeDomain, type DomainSettings, readDomain, revisionOf } from '../../catalog/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { ifMatchHeader, ifMatchOf, tellRevision } from '../if-match.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { domainId } from './render.ts'
import { anyObject, type RegisterRoutes } from './scope.ts'

const tags = ['domain']

/** What holds for the whole domain. Management API section 8.2; all but `properties` is ours. */
export const registerDomain: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  scope.get(
    '/domain',
    operation('SELF', 'readDomain', 'Settings of the domain', answerOf('Domain'), { tags }),
    async (_request, reply) => {
      const settings = await readDomain(db)
      tellRevision(reply, revisionOf(settings))
      return printDomain(settings, services.web.timezone)
    },
  )
  scope.put(
    '/domain',
    operation(
      'ADMIN',
      'changeDomain',
      'Change settings of the domain; what is left out stays, null gives the default back',
      answerOf('Domain'),
      {
        tags,
        description:
          'name, description, default_language, languages, timezone, contact, theme, licenses, themes, default_security, feedback, quotas',
        headers: ifMatchHeader,
        body: anyObject('Settings by name'),
      },
    ),
    async (request, reply) => {
      const changed = await changeDomain(db, request.body, ifMatchOf(request))
      tellRevision(reply, revisionOf(changed))
      services.domainQuota.forget()
      return printDomain(changed, services.web.timezone)
    },
  )
}

/** `timezone`: of a domain that has set none. */
function printDomain(settings: DomainSettings, timezone: string): JsonObject {
  return {
    domain_id: domainId,
    revision: revisionOf(settings),
    ...(settings as unknown as JsonObject),
    timezone: settings.timezone ?? timezone,
    properties: {
      'metadata.themes': settings.themes.map(({ id, labels }) => ({ id, labels: { ...labels } })),
      'metadata.licenses': settings.licenses.map((license) => ({ ...license })),
    },
  }
}
