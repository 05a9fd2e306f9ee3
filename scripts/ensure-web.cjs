/**
 * Builds the web (web/README.md) when web/build is missing or older than its sources; else does nothing, in some 30 ms.
 * "Older" is told by a hash over the names and bytes of the sources and the versions of the packages that go in.
 *
 * Out: web/build/manifest.json (last, so that a build that was interrupted has none), server.mjs, assets/.
 */
const { createHash } = require('node:crypto')
const { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } =
  require('node:fs')
const { basename, join, relative } = require('node:path')
const { pathToFileURL } = require('node:url')
const { promisify } = require('node:util')
const zlib = require('node:zlib')

const root = join(__dirname, '..')
const web = join(root, 'web')
const build = join(web, 'build')
const shared = join(root, 'shared')
const ignored = new Set(['build', 'screenshots', 'README.md'])

/** Files beside the sources that decide what comes out. */
const alsoHashed = ['scripts/ensure-web.cjs', 'package.json']

function listFiles(directory) {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => directory !== web || !ignored.has(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? listFiles(path) : [path]
    })
}

function hashSources() {
  const hash = createHash('sha256')
  const also = alsoHashed.map((name) => join(root, name))
  for (const path of [...listFiles(web), ...listFiles(shared), ...also]) {
    const bytes = readFileSync(path)
    hash.update(`${relative(root, path)}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

function builtHash() {
  try {
    return JSON.parse(readFileSync(join(build, 'manifest.json'), 'utf8')).hash
  } catch {
    return null
  }
}

const common = {
  absWorkingDir: root,
  bundle: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  logLevel: 'warning',
  target: 'es2022',
  legalComments: 'eof',
  tsconfig: join(web, 'tsconfig.json'),
}

/** Of the browser's bundle: the address of what each source became, and what it imports at once. */
function describeOutputs(metafile, directory) {
  const address = (path) => `/assets/${basename(path)}`
  const chunks = {}
  const closure = (path, seen = new Set()) => {
    if (seen.has(path)) return seen
    seen.add(path)
    for (const { path: next, kind } of metafile.outputs[path].imports) {
      if (kind === 'import-statement' && metafile.outputs[next]) closure(next, seen)
    }
    return seen
  }
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint || path.endsWith('.map')) continue
    chunks[entryPoint.replace(/^web\//, '')] = [...closure(path)].map(address)
  }
  if (Object.keys(chunks).length === 0) throw new Error(`nothing was built into ${directory}`)
  return chunks
}

/** MapLibre comes as modules that find their worker beside them: served as they are. */
function copyMaplibre(assets) {
  const from = join(root, 'node_modules', 'maplibre-gl')
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
  const name = `maplibre-${version}`
  mkdirSync(join(assets, name))
  for (const file of [
    'maplibre-gl.mjs',
    'maplibre-gl-shared.mjs',
    'maplibre-gl-worker.mjs',
    'maplibre-gl.css',
  ])
    cpSync(join(from, 'dist', file), join(assets, name, file))
  return `/assets/${name}`
}

/**
 * A line over the antimeridian jumps from 180 to -180, and would be drawn around the world: it goes on beyond instead,
 * which maps know how to wrap. A ring that ends a world further (Antarctica) is closed over its pole.
 */
function unwrap(line, isRing) {
  let shift = 0
  const out = line.map(([lon, lat], index) => {
    const before = line[index - 1]?.[0]
    if (before !== undefined && lon - before > 180) shift -= 360
    if (before !== undefined && lon - before < -180) shift += 360
    return [lon + shift, lat]
  })
  const [first, last] = [out[0], out[out.length - 1]]
  if (!isRing || Math.abs(last[0] - first[0]) < 180) return out
  const pole = first[1] < 0 ? -90 : 90
  return [...out, [last[0], pole], [first[0], pole], first]
}

function unwrapGeometry({ type, coordinates }) {
  const deep = {
    Polygon: (rings) => rings.map((ring) => unwrap(ring, true)),
    MultiPolygon: (polygons) => polygons.map((rings) => rings.map((ring) => unwrap(ring, true))),
    MultiLineString: (lines) => lines.map((line) => unwrap(line, false)),
  }
  return { type, coordinates: deep[type](coordinates) }
}

/** The basemap: countries of Natural Earth (public domain), as the package world-atlas ships them. */
function copyBasemap(assets) {
  const { feature, mesh } = require('topojson-client')
  const read = (name) =>
    JSON.parse(readFileSync(join(root, 'node_modules', 'world-atlas', `${name}.json`), 'utf8'))
  const places = (level) => {
    const atlas = read(`countries-${level}`)
    const land = feature(atlas, atlas.objects.land)
    const features = land.type === 'FeatureCollection' ? land.features : [land]
    return {
      land: {
        type: 'FeatureCollection',
        features: features.map(({ geometry }) => ({
          type: 'Feature',
          properties: {},
          geometry: unwrapGeometry(geometry),
        })),
      },
      borders: {
        type: 'Feature',
        properties: {},
        geometry: unwrapGeometry(mesh(atlas, atlas.objects.countries, (one, other) => one !== other)),
      },
    }
  }
  const addresses = {}
  for (const [key, level] of [
    ['coarse', '110m'],
    ['fine', '50m'],
  ]) {
    const text = JSON.stringify(places(level), (_key, value) =>
      typeof value === 'number' ? Math.round(value * 1e3) / 1e3 : value,
    )
    const name = `basemap-${level}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`
    writeFileSync(join(assets, name), text)
    addresses[key] = `/assets/${name}`
  }
  return addresses
}

/** Assets never change under their name, so each is compressed once, here. Out: bytes as sent, by address. */
async function compressAssets(assets) {
  const sizes = {}
  const compress = promisify(zlib.brotliCompress)
  await Promise.all(
    listFiles(assets).map(async (path) => {
      const bytes = readFileSync(path)
      const packed = await compress(bytes, {
        params: {
          [zlib.constants.BROTLI_PARAM_QUALITY]: 9,
          [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      })
      writeFileSync(`${path}.br`, packed)
      sizes[`/assets/${relative(assets, path).replaceAll('\\', '/')}`] = packed.length
    }),
  )
  return sizes
}

async function buildWeb(hash) {
  const esbuild = require('esbuild')
  // Beside it and then renamed: a server that is running keeps what it has until the new one is whole.
  const fresh = join(web, `build.${process.pid}`)
  const assets = join(fresh, 'assets')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(assets, { recursive: true })
  try {
    const [browser] = await Promise.all([
      esbuild.build({
        ...common,
        entryPoints: ['web/kit/client.ts', 'web/styles/main.css'],
        outdir: assets,
        entryNames: '[name]-[hash]',
        chunkNames: '[name]-[hash]',
        assetNames: '[name]-[hash]',
        format: 'esm',
        platform: 'browser',
        splitting: true,
        metafile: true,
        define: { 'process.env.NODE_ENV': '"production"' },
      }),
      esbuild.build({
        ...common,
        entryPoints: ['web/kit/server.ts'],
        outfile: join(fresh, 'server.mjs'),
        format: 'esm',
        platform: 'node',
        target: 'node20',
        // Loaded by the browser alone.
        external: ['maplibre-gl', 'echarts', 'echarts/*'],
        banner: {
          js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
        },
      }),
      // Included by other sites: a plain script, under a name that stays.
      esbuild.build({ ...common, entryPoints: ['web/kit/embed.ts'], outdir: assets, format: 'iife' }),
    ])
    const chunks = describeOutputs(browser.metafile, fresh)
    const maplibre = copyMaplibre(assets)
    const basemap = copyBasemap(assets)
    const sizes = await compressAssets(assets)
    const { routes, formRoutes } = await import(pathToFileURL(join(fresh, 'server.mjs')).href)
    writeFileSync(
      join(fresh, 'manifest.json'),
      JSON.stringify({ hash, routes, formRoutes, chunks, maplibre, basemap, sizes }, null, 1),
    )
    keepEarlierAssets(assets, sizes)
    replaceBuild(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * What the build before this one is made of stays for one more: a server that is running, and pages that are open in
 * browsers, still ask for it.
 */
function keepEarlierAssets(assets, sizes) {
  let earlier
  try {
    earlier = Object.keys(JSON.parse(readFileSync(join(build, 'manifest.json'), 'utf8')).sizes)
  } catch {
    return
  }
  for (const name of earlier.map((address) => relative('/assets', address))) {
    if (Object.hasOwn(sizes, `/assets/${name}`)) continue
    for (const file of [name, `${name}.br`]) {
      try {
        cpSync(join(build, 'assets', file), join(assets, file))
      } catch {
        // Of a build that was tampered with; whoever asks for it is told that it is gone.
      }
    }
  }
}

/** Another process may have built the same at the same time; whose comes last does not matter. */
function replaceBuild(fresh) {
  const old = `${fresh}.old`
  if (existsSync(build)) renameSync(build, old)
  try {
    renameSync(fresh, build)
  } catch (error) {
    if (!existsSync(join(build, 'manifest.json'))) throw error
  }
  rmSync(old, { recursive: true, force: true })
}

async function main() {
  const hash = hashSources()
  if (builtHash() === hash) return
  const startedAt = process.hrtime.bigint()
  await buildWeb(hash)
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9
  process.stdout.write(`Built the web pages (${seconds.toFixed(1)} s)\n`)
}

main().catch((error) => {
  process.stderr.write(`The web pages could not be built: ${error.message}\n`)
  process.exitCode = 1
})
