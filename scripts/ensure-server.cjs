/**
 * Bundles the server, the builder and the command line from src/ into build/<stamp>/ when the sources have changed since;
 * else does nothing, in some 20 ms. bin/built.js decides which of the two runs.
 *
 * Out: build/<stamp>/{main,builder,cli}.mjs and what they share, then build/stamp. The bundle before stays: a server that
 * runs from it may have parts to load yet.
 */
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..')
const build = join(root, 'build')

/** With parts in other languages, or of use by their path alone. */
const external = ['@duckdb/*', 'esbuild', 'lz4-napi', 'pg-native', 'ssh2', 'vega-datasets']

async function bundle(entries, outdir) {
  const esbuild = require('esbuild')
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, `src/${path}`])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external,
    logLevel: 'warning',
    legalComments: 'none',
    // Packages that are CommonJS ask for parts of Node by `require`.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  })
}

function readStamp() {
  try {
    return readFileSync(join(build, 'stamp'), 'utf8')
  } catch {
    return null
  }
}

/** All but this one and the two that were made last. */
function sweep(stamp) {
  const others = readdirSync(build, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== stamp)
    .map(({ name }) => join(build, name))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)
  for (const path of others.slice(2)) rmSync(path, { recursive: true, force: true })
}

async function main() {
  const { directoryOf, entries, stampOf } = await import('../bin/built.js')
  const stamp = stampOf()
  if (readStamp() === stamp) return
  const startedAt = process.hrtime.bigint()
  const directory = directoryOf(stamp)
  const fresh = join(build, `new.${process.pid}`)
  mkdirSync(build, { recursive: true })
  try {
    await bundle(entries, fresh)
    // Another process may have made the same at the same time, and a server may have started from it.
    if (!existsSync(directory)) renameSync(fresh, directory)
    writeFileSync(join(build, `stamp.${process.pid}`), stamp)
    renameSync(join(build, `stamp.${process.pid}`), join(build, 'stamp'))
    sweep(stamp)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9
  process.stdout.write(`Bundled the server (${seconds.toFixed(1)} s)\n`)
}

main().catch((error) => {
  // The sources run as they are; they only take longer to load.
  process.stderr.write(`The server could not be bundled, and starts from its sources: ${error.message}\n`)
})
