// Runs a script on the pinned Node, whatever Node runs this: `node scripts/with-node.js SCRIPT ARGUMENT...`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRunningPinnedNode, runOnPinnedNode } from '../bin/pinned-node.js'

const [script, ...rest] = process.argv.slice(2)
if (script === undefined) {
  process.stderr.write('usage: node scripts/with-node.js SCRIPT ARGUMENT...\n')
  process.exitCode = 2
} else if (isRunningPinnedNode()) {
  process.argv = [process.argv[0], resolve(script), ...rest]
  await import(pathToFileURL(resolve(script)).href)
} else {
  runOnPinnedNode([script, ...rest])
}
