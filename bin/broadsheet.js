#!/usr/bin/env node
// The `broadsheet` command. Runs on any Node from 18: on an old one it starts itself again on the pinned one.
import { fileURLToPath } from 'node:url'
import { isRunningPinnedNode, runOnPinnedNode } from './pinned-node.js'

if (!isRunningPinnedNode()) {
  runOnPinnedNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)])
} else {
  const { runCli } = await import('../src/cli/index.ts')
  process.exitCode = await runCli(process.argv.slice(2), {
    async serve(env) {
      const { serve } = await import('../src/main.ts')
      await serve(env)
    },
  })
}
