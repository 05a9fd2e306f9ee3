/** API 1.0, which many widgets still call: the same plans and answers as the search API, in its older shapes. */
import type { FastifyInstance } from 'fastify'
import type { HttpServices } from '../services.ts'
import { registerAnalysis } from './analysis-routes.ts'
import { registerDatasets } from './dataset-routes.ts'
import { registerMaps } from './map-routes.ts'
import { registerRecordSearch } from './record-routes.ts'

export function registerExploreV1(app: FastifyInstance, services: HttpServices): void {
  for (const register of [registerRecordSearch, registerAnalysis, registerMaps, registerDatasets])
    register(app, services)
}
