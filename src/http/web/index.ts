/**
 * The portal and the back office, in the API's own process and port. They are made by the bundle that web/ is built
 * into and know the server by its REST API alone: a page asks for what it shows with the reader's own credentials.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ControlDb } from '../../control/index.ts'
import { originOf } from '../explore/links.ts'
import { registerAssets } from './assets.ts'
import { readBrand } from './brand.ts'
import {
  type FormFile,
  loadWeb,
  readWebManifest,
  type Web,
  type WebAnswer,
  type WebCalls,
  type WebRequest,
  type WebSettings,
} from './bundle.ts'
import { acceptForms, multipartOf, readSentForm } from './forms.ts'
import { hidden } from './hidden.ts'

export type { WebSettings } from './bundle.ts'

/** Answers addresses that no route has; false: not a page's business. */
export type PageNotFound = (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>

/** What of a reader's request is passed on to the API. */
const passedOn = [
  'cookie',
  'authorization',
  'accept-language',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
]
/** Of a form as well: one that comes from another site must be refused as the API would. */
const passedOnWithForms = [...passedOn, 'origin', 'sec-fetch-site']

export function registerWeb(
  app: FastifyInstance,
  { web: settings, control }: { readonly web: WebSettings; readonly control: { readonly db: ControlDb } },
  onError: WebCalls['onError'],
): PageNotFound {
  const manifest = readWebManifest()
  if (manifest === null) {
    app.get('/', hidden, async (_request, reply) => reply.type('text/html; charset=utf-8').send(notBuilt))
    return async () => false
  }
  registerAssets(app)
  const brand = () => readBrand(control.db, settings)
  let web: Promise<Web> | null = null
  const open = () => {
    web ??= loadWeb(manifest, settings, { call, brand, onError })
    return web
  }
  for (const path of manifest.routes) {
    app.get(path, hidden, async (request, reply) => {
      const answer = await (await open()).handle(readRequest(request), path)
      return send(reply, answer)
    })
  }
  void app.register(async (scope) => {
    acceptForms(scope)
    for (const path of manifest.formRoutes) {
      scope.post(path, hidden, async (request, reply) => {
        const body = await readSentForm(request)
        const answer = await (await open()).handle({ ...readRequest(request), body }, path)
        return send(reply, answer)
      })
    }
  })
  return async (request, reply) => {
    const wantsPage = request.method === 'GET' && String(request.headers.accept ?? '').includes('text/html')
    if (!wantsPage || /^\/(?:api|assets)\b/.test(request.url)) return false
    await send(reply, await (await open()).handle(readRequest(request), null))
    return true
  }

  async function call(
    request: WebRequest,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | FormFile | undefined,
  ) {
    const sent = bodyOf(body)
    const names = request.body === null ? passedOn : passedOnWithForms
    const own = Object.entries(request.headers).filter(([name]) => names.includes(name))
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...Object.fromEntries(own),
        host: new URL(request.url).host,
        ...(sent ? { 'content-type': sent.contentType } : {}),
        ...headers,
      },
      ...(request.headers['x-peer'] === undefined ? {} : { remoteAddress: request.headers['x-peer'] }),
      ...(sent ? { payload: sent.payload } : {}),
    })
    const answered = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
    return { status: answer.statusCode, headers: Object.fromEntries(answered), text: answer.body }
  }
}

/** The session is not looked at before the API is asked, with the token that the form has. */

function bodyOf(body: string | FormFile | undefined) {
  if (body === undefined) return null
  if (typeof body === 'string') return { contentType: 'application/json', payload: body }
  return multipartOf(body)
}

function readRequest(request: FastifyRequest): WebRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, value?.toString()] as const)
  return {
    method: request.method,
    // Not as a reference to be resolved: `//host` would be another one.
    url: new URL(`${originOf(request)}${request.url}`).href,
    params: request.params as Readonly<Record<string, string>>,
    // The API counts and limits by whom it is asked: the reader, not this server.
    headers: { ...Object.fromEntries(headers), 'x-peer': request.socket.remoteAddress },
    body: null,
  }
}

function send(reply: FastifyReply, { status, headers, body }: WebAnswer): FastifyReply {
  reply.status(status)
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  // The handler of unknown addresses is older than compression, and lacks it.
  if (typeof reply.compress === 'function') reply.compress(body)
  else reply.send(body)
  return reply
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Broadsheet</title>
<h1>Broadsheet is running</h1>
<p>Its pages are not built: run <code>npm run build:web</code>, then start it again.</p>
<p>The API is here: <a href="/api/docs">documentation</a>, <a href="/api/explore/v2.1/catalog/datasets">catalog</a>.</p>
</html>
`
