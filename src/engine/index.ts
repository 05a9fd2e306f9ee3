export { type Connection, type Engine, type EngineOptions, openEngine, type Row } from './engine.ts'
export { quoteIdentifier, quoteLiteral } from './sql.ts'
