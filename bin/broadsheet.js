#!/usr/bin/env node
// The `broadsheet` command. Runs on any Node from 18: on an old one it starts itself again on the pinned one.
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { entryOf } from './built.js'
import { isRunningPinnedNode, runOnPinnedNode } from './pinned-node.js'

if (!isRunningPinnedNode()) {
  runOnPinnedNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)])
} else {
  // A query may keep one of these threads until it ends; files and passwords need theirs beside them. The runtime reads it
  // with the first file that it waits for, which is one of the next.
  process.env.UV_THREADPOOL_SIZE ??= String((Number(process.env.BROADSHEET_QUERY_CONNECTIONS) || 8) + 4)
  // TypeScript stripped and compiled once, also for the processes that the server starts: half a second per start.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url))
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  const { runCli } = await import(entryOf('cli'))
  const code = await runCli(process.argv.slice(2), {
    async serve(env) {
      const { serve } = await import(entryOf('main'))
      await serve(env)
    },
  })
  // A server that could not start has said so already.
  if (code !== 0) process.exitCode = code
}
