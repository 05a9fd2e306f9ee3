/**
 * Installs what is missing, and does nothing (in some 20 ms) when nothing is. Runs on Node 18 and later, before
 * anything is installed, so it uses nothing but Node.
 *
 * What "missing" means is read from npm's own record: npm writes node_modules/.package-lock.json as the last step of
 * an install, so an interrupted install has none, and one made by hand counts.
 */
const { spawnSync } = require('node:child_process')
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..')

/** Why an install is needed, in words; null when it is not. */
function reasonToInstall() {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (installed === null) return 'nothing is installed yet'
  const locked = readPackages(join(root, 'package-lock.json'))
  if (locked === null) return 'there is no package-lock.json'
  for (const [path, wanted] of Object.entries(locked)) {
    if (path === '' || wanted.link) continue
    const found = installed[path]
    if (found === undefined && (wanted.optional || wanted.devOptional) && !isBinaryForHere(wanted)) continue
    if (found === undefined) return `${nameOf(path)} is missing`
    if (found.version !== wanted.version)
      return `${nameOf(path)} is ${found.version} instead of ${wanted.version}`
    if (!existsSync(join(root, path))) return `${nameOf(path)} is missing`
  }
  return null
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return null
  }
}

function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** An optional package is one platform's binary, or something that only another platform's binary needs. */
function isBinaryForHere(wanted) {
  if (wanted.os === undefined && wanted.cpu === undefined) return false
  const fits = (list, value) => list === undefined || (list.includes(value) && !list.includes(`!${value}`))
  if (!fits(wanted.os, process.platform) || !fits(wanted.cpu, process.arch)) return false
  return wanted.libc === undefined || fits(wanted.libc, libc())
}

let knownLibc

function libc() {
  if (knownLibc === undefined) {
    // Without this the report looks up names of network interfaces, which takes seconds where DNS does not answer.
    process.report.excludeNetwork = true
    knownLibc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  }
  return knownLibc
}

function install() {
  // --no-save: an older npm would rewrite the lock file in its own style.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  const npm = process.env.npm_execpath
  const isScript = npm !== undefined && /\.c?js$/.test(npm)
  const [command, all] = isScript ? [process.execPath, [npm, ...args]] : ['npm', args]
  const { status, error } = spawnSync(command, all, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) {
    process.stderr.write(`npm cannot be started: ${error.message}\n`)
    return 1
  }
  return status ?? 1
}

const reason = reasonToInstall()
if (reason !== null) {
  process.stdout.write(`Installing what Broadsheet needs (${reason}); this takes a minute the first time\n`)
  const status = install()
  if (status !== 0) {
    process.stderr.write('The installation failed; see what npm says above, then try again\n')
    process.exit(status)
  }
}
