export { type Connection, type Engine, type EngineOptions, openEngine, type Row } from './engine.ts'
export { createPool, deadline, type Pool } from './pool.ts'
