import { changeDomain, type DomainSettings, readDomain } from '../../catalog/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
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
    async () => printDomain(await readDomain(db), services.web.timezone),
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
          'name, description, default_language, languages, timezone, contact, theme, licenses, themes, default_security, quotas',
        body: anyObject('Settings by name'),
      },
    ),
    async (request) => {
      const changed = await changeDomain(db, request.body)
      services.domainQuota.forget()
      return printDomain(changed, services.web.timezone)
    },
  )
}

/** `timezone`: of a domain that has set none. */
function printDomain(settings: DomainSettings, timezone: string): JsonObject {
  return {
    domain_id: domainId,
    ...(settings as unknown as JsonObject),
    timezone: settings.timezone ?? timezone,
    properties: {
      'metadata.themes': settings.themes.map(({ id, labels }) => ({ id, labels: { ...labels } })),
      'metadata.licenses': settings.licenses.map((license) => ({ ...license })),
    },
  }
}
