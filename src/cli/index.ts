export { type Client, createClient } from './client.ts'
export { type SeedOptions, seedDemo } from './demo.ts'
export { type CliDeps, runCli } from './program.ts'
