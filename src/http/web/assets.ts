import { createReadStream, statSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../../kernel/index.ts'
import { webBuild } from './bundle.ts'
import { hidden } from './hidden.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
}

/** Names have a hash or a version in them, and so never mean anything else. */
const forever = 'public, max-age=31536000, immutable'
/** Included by other sites under a name that stays. */
const changing = new Set(['embed.js'])

/** A worker goes by the policy of its own script: that of maps imports what it shares with the page, and fetches tiles. */
const workerPolicy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Scripts, styles and the basemap, compressed when they were built. */
export function registerAssets(app: FastifyInstance): void {
  app.get('/assets/*', hidden, async (request, reply) => {
    const { '*': name } = request.params as { '*': string }
    const type = mediaTypes[extname(name)]
    // Directories are never deeper than one, and no name begins with a dot.
    if (!/^(?:\w[\w.-]*\/)?\w[\w.-]*$/.test(name) || type === undefined) throw notFound(request.url)
    const wantsBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''))
    const path = fileURLToPath(new URL(`assets/${name}${wantsBrotli ? '.br' : ''}`, webBuild))
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (size === undefined) throw notFound(request.url)
    reply
      .type(type)
      .header('Cache-Control', changing.has(name) ? 'public, max-age=3600' : forever)
      .header('Content-Length', size)
      .header('Content-Security-Policy', workerPolicy)
      .header('Vary', 'Accept-Encoding')
    if (changing.has(name)) reply.header('Cross-Origin-Resource-Policy', 'cross-origin')
    if (wantsBrotli) reply.header('Content-Encoding', 'br')
    return reply.send(createReadStream(path))
  })
}

const notFound = (url: string) =>
  new AppError('http.route_not_found', { method: 'GET', path: url.split('?')[0]!.slice(0, 200) })
