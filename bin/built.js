// What runs: the bundle that scripts/ensure-server.cjs made, where it was made of the sources as they are now, else the
// sources themselves. They do the same; some 700 files take half a second longer to load than one.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ownRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** Entry points, by the name of what they become. Paths in `src/`. */
export const entries = { cli: 'cli/index.ts', main: 'main.ts', builder: 'ingest/builder/main.ts' }

const alsoStamped = ['package.json', 'package-lock.json', 'bin/built.js', 'scripts/ensure-server.cjs']

function listFiles(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(test\.ts|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Of all that goes into the bundle: names, sizes and times, not bytes, or asking would cost what it saves. */
export function stampOf(root = ownRoot) {
  const sources = ['src', 'shared'].flatMap((directory) => listFiles(join(root, directory)))
  const others = alsoStamped.map((path) => join(root, path))
  const hash = createHash('sha256')
  for (const path of [...sources, ...others].sort()) {
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {}
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** The directory of a bundle. */
export const directoryOf = (stamp, root = ownRoot) => join(root, 'build', stamp)

/** Address of the module to import or to start: of the bundle, or of the sources. */
export function entryOf(name, root = ownRoot) {
  const directory = builtDirectory(root)
  return pathToFileURL(directory === null ? join(root, 'src', entries[name]) : join(directory, `${name}.mjs`))
    .href
}

function builtDirectory(root) {
  try {
    const stamp = readFileSync(join(root, 'build', 'stamp'), 'utf8')
    const directory = directoryOf(stamp, root)
    return stamp === stampOf(root) && existsSync(join(directory, 'main.mjs')) ? directory : null
  } catch {
    return null
  }
}
