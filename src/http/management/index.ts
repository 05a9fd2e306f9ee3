/** The management API v2: everything that publishers do. One file per part of it, each a list of routes. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { HttpServices } from '../services.ts'
import { registerActions } from './action-routes.ts'
import { registerAttached } from './attached-routes.ts'
import { registerAudit } from './audit-routes.ts'
import { registerChanges } from './change-routes.ts'
import { registerConnections } from './connection-routes.ts'
import { registerDatasetExports } from './dataset-export-routes.ts'
import { registerDatasets } from './dataset-routes.ts'
import { registerDiffs } from './diff-routes.ts'
import { registerDiskUsage } from './disk-usage-routes.ts'
import { registerDomain } from './domain-routes.ts'
import { registerEvents } from './event-routes.ts'
import { registerFeedbacks } from './feedback-routes.ts'
import { registerFiles } from './file-routes.ts'
import { registerGates } from './gate-routes.ts'
import { registerGenerations } from './generation-routes.ts'
import { registerGroups } from './group-routes.ts'
import { registerHarvesters } from './harvester-routes.ts'
import { registerImages } from './image-routes.ts'
import { registerJobs } from './job-routes.ts'
import { registerApiKeys } from './key-routes.ts'
import { registerMetadata } from './metadata-routes.ts'
import { registerPages } from './page-routes.ts'
import { registerPageSecurity } from './page-security-routes.ts'
import { registerProcessors } from './processor-routes.ts'
import { registerPublish } from './publish-routes.ts'
import { registerQuotas } from './quota-routes.ts'
import { registerRealtime } from './realtime-routes.ts'
import { registerRejects } from './reject-routes.ts'
import { registerResources } from './resource-routes.ts'
import { registerSchedules } from './schedule-routes.ts'
import type { RegisterRoutes } from './scope.ts'
import { registerSecurity } from './security-routes.ts'
import { registerSteps } from './step-routes.ts'
import { registerTemplates } from './template-routes.ts'
import { registerTools } from './tool-routes.ts'
import { registerUsers } from './user-routes.ts'
import { registerVersions } from './version-routes.ts'
import { registerWebhooks } from './webhook-routes.ts'

const parts: readonly RegisterRoutes[] = [
  registerDatasets,
  registerDatasetExports,
  registerSecurity,
  registerMetadata,
  registerTemplates,
  registerDomain,
  registerResources,
  registerRejects,
  registerSteps,
  registerProcessors,
  registerPublish,
  registerActions,
  registerVersions,
  registerChanges,
  registerDiskUsage,
  registerGates,
  registerDiffs,
  registerGenerations,
  registerJobs,
  registerEvents,
  registerWebhooks,
  registerSchedules,
  registerRealtime,
  registerHarvesters,
  registerFeedbacks,
  registerFiles,
  registerAttached,
  registerPages,
  registerPageSecurity,
  registerImages,
  registerConnections,
  registerTools,
  registerApiKeys,
  registerUsers,
  registerGroups,
  registerQuotas,
  registerAudit,
]

export function registerManagement(app: FastifyInstance, services: HttpServices): void {
  const scope = app.withTypeProvider<TypeBoxTypeProvider>()
  for (const register of parts) register(scope, services)
}
