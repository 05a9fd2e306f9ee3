/** The search API: what is published, for anyone who may see it. Explore API v2.1. */
import type { FastifyInstance } from 'fastify'
import type { HttpServices } from '../services.ts'
import { registerAttached } from './attached-routes.ts'
import { registerCatalogExports } from './catalog-export-routes.ts'
import { registerCatalog } from './catalog-routes.ts'
import { registerExports } from './export-routes.ts'
import { registerMedia } from './media-routes.ts'
import { registerParquet } from './parquet-routes.ts'
import { registerRecords } from './record-routes.ts'
import { routeOptions } from './route-options.ts'
import { registerTiles } from './tile-routes.ts'
import { registerVersions } from './version-routes.ts'

/** Earlier addresses of the same API. */
const deprecatedPrefixes = ['/api/v2', '/api/explore/v2.0']

export async function registerExplore(app: FastifyInstance, services: HttpServices): Promise<void> {
  await app.register(async (scope) => registerRoutes(scope, services, true), { prefix: '/api/explore/v2.1' })
  for (const prefix of deprecatedPrefixes) {
    await app.register(
      async (scope) => {
        scope.addHook('onSend', async (_request, reply) => {
          reply.header('Ods-Explore-Api-Deprecation', 'Use /api/explore/v2.1')
        })
        registerRoutes(scope, services, false)
      },
      { prefix },
    )
  }
}

function registerRoutes(app: FastifyInstance, services: HttpServices, isDocumented: boolean): void {
  const route = routeOptions(isDocumented)
  for (const register of [
    registerCatalog,
    registerRecords,
    registerAttached,
    registerExports,
    registerParquet,
    registerMedia,
    registerTiles,
    registerVersions,
    registerCatalogExports,
  ])
    register(app, services, route)
}
