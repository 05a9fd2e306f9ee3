/** The Automation API v1.0: what scripts of publishers call. The same functions as the management API, in other words. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { HttpServices } from '../services.ts'
import { registerAutomationActions } from './action-routes.ts'
import { registerAutomationAttachments } from './attachment-routes.ts'
import { registerAutomationConnections } from './connection-routes.ts'
import { registerAutomationDatasets } from './dataset-routes.ts'
import { registerAutomationExports } from './export-routes.ts'
import { registerAutomationFeedbacks } from './feedback-routes.ts'
import { registerAutomationFields } from './field-routes.ts'
import { registerAutomationFiles } from './file-routes.ts'
import { registerAutomationGroups } from './group-routes.ts'
import { registerAutomationHarvesters } from './harvester-routes.ts'
import { registerAutomationImages } from './image-routes.ts'
import { registerAutomationKeys } from './key-routes.ts'
import { registerAutomationMetadata } from './metadata-routes.ts'
import { registerAutomationPages } from './page-routes.ts'
import { registerAutomationProcessors } from './processor-routes.ts'
import { registerAutomationResources } from './resource-routes.ts'
import { registerAutomationSchedules } from './schedule-routes.ts'
import type { RegisterRoutes } from './scope.ts'
import { registerAutomationSecurity } from './security-routes.ts'
import { registerAutomationSources } from './source-routes.ts'
import { registerAutomationStudio } from './studio-routes.ts'
import { registerAutomationTemplates } from './template-routes.ts'
import { registerAutomationUsers } from './user-routes.ts'
import { registerAutomationVersions } from './version-routes.ts'

const parts: readonly RegisterRoutes[] = [
  registerAutomationDatasets,
  registerAutomationActions,
  registerAutomationFields,
  registerAutomationProcessors,
  registerAutomationFiles,
  registerAutomationSources,
  registerAutomationResources,
  registerAutomationConnections,
  registerAutomationMetadata,
  registerAutomationTemplates,
  registerAutomationAttachments,
  registerAutomationExports,
  registerAutomationFeedbacks,
  registerAutomationVersions,
  registerAutomationSchedules,
  registerAutomationHarvesters,
  registerAutomationSecurity,
  registerAutomationUsers,
  registerAutomationGroups,
  registerAutomationKeys,
  registerAutomationPages,
  registerAutomationStudio,
  registerAutomationImages,
]

export function registerAutomation(app: FastifyInstance, services: HttpServices): void {
  const scope = app.withTypeProvider<TypeBoxTypeProvider>()
  for (const register of parts) register(scope, services)
}
