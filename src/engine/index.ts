export { type Connection, type Engine, type EngineOptions, openEngine, type Row } from './engine.ts'
