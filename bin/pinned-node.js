/**
 * Finds and runs the Node that this project is pinned to. Plain JavaScript that Node 18 understands: it is what runs
 * when the machine's own Node is too old for everything else.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const neededMajor = 24

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export function isRunningPinnedNode() {
  return Number(process.versions.node.split('.')[0]) >= neededMajor
}

/** The binary that npm installed for this platform, or null. */
export function findPinnedNode() {
  const name = `node-${process.platform}-${process.arch}`
  const candidates = [
    join(root, 'node_modules', name, 'bin', 'node'),
    // Installed as a dependency of somebody else's project.
    join(root, '..', name, 'bin', 'node'),
  ]
  return candidates.find((path) => existsSync(path)) ?? null
}

/**
 * Runs `args` on the pinned Node and ends as it ended: same exit code, same signal.
 *
 * The child gets a process group of its own, so that a signal reaches it through here only. Otherwise Ctrl-C under
 * `npm start` arrives three times (from the terminal, from npm, from here), and a second Ctrl-C means "at once".
 * If this process dies, the channel between the two closes and the child stops (BROADSHEET_EXIT_WITH_PARENT).
 */
export function runOnPinnedNode(args) {
  const node = findPinnedNode()
  if (node === null) {
    process.stderr.write(
      `Broadsheet needs Node ${neededMajor} or later; this is Node ${process.versions.node} on ${process.platform}-${process.arch}.\n` +
        (existsSync(join(root, 'node_modules'))
          ? `npm can bring its own on linux-x64 and linux-arm64 only; elsewhere install Node ${neededMajor} (https://nodejs.org).\n`
          : 'Run `npm install` first: it brings its own Node on linux-x64 and linux-arm64.\n'),
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
    env: { ...process.env, BROADSHEET_EXIT_WITH_PARENT: '1' },
  })
  child.on('message', (message) => process.send?.(message))
  const forward = createForwarder((signal) => child.kill(signal))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, forward)
  process.on('disconnect', () => child.disconnect())
  child.on('error', (error) => {
    process.stderr.write(`Broadsheet cannot run ${node}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
  })
}

const echoMs = 500

/** Passes a signal on, but not its echo: the terminal and npm each send the same Ctrl-C within milliseconds. */
function createForwarder(send) {
  let last = { signal: '', at: 0 }
  return (signal) => {
    const at = performance.now()
    if (signal === last.signal && at - last.at < echoMs) return
    last = { signal, at }
    send(signal)
  }
}
