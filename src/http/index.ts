export type { LogEvent } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { createHttpServer } from './server.ts'
export type { HttpServices } from './services.ts'
