/** What the build of web/ leaves for the server (scripts/ensure-web.cjs); its source is web/kit/server.ts. */
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../../kernel/index.ts'
import type { Brand } from './brand.ts'

/** web/build/manifest.json; what else is in it is for the pages. */
export interface WebManifest {
  readonly hash: string
  /** Paths of pages, as a router has them. */
  readonly routes: readonly string[]
  /** Those of them that take forms. */
  readonly formRoutes: readonly string[]
}

/** A file of a form, on its way to the API. */
export interface FormFile {
  readonly filename: string
  readonly mimetype: string
  readonly stream: Readable
}

/** A form as it was sent. A file comes last: what follows it is not read. */
export interface SentBody {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly file: FormFile | null
}

export interface WebRequest {
  readonly method: string
  /** Complete: with the origin by which the reader asked. */
  readonly url: string
  readonly params: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: SentBody | null
}

export interface WebAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
}

/** One request to the REST API, on behalf of the reader of a page. */
export type ApiCall = (
  request: WebRequest,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | FormFile | undefined,
) => Promise<{
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}>

export interface Web {
  /** `path`: the route's; null: there is none for this address. */
  handle(request: WebRequest, path: string | null): Promise<WebAnswer>
}

export interface WebSettings {
  /** Name of a portal whose domain has none. */
  readonly title: string
  /** Of a domain that has set none: IANA name. */
  readonly timezone: string
  /** Map tiles from elsewhere, shown in place of the basemap that is shipped. */
  readonly tiles: { readonly url: string; readonly attribution: string } | null
}

/** What the pages are given to work with. */
export interface WebCalls {
  readonly call: ApiCall
  /** As it is now. */
  brand(): Promise<Brand>
  /** A page failed by a bug; its reader has been told. */
  onError(cause: unknown): void
}

interface WebModule {
  createWeb(deps: Pick<WebSettings, 'tiles'> & WebCalls & { readonly manifest: WebManifest }): Web
}

export const webBuild = new URL('web/build/', projectRoot)

/** Null when the web has not been built. */
export function readWebManifest(): WebManifest | null {
  try {
    const manifest = JSON.parse(readFileSync(fileURLToPath(new URL('manifest.json', webBuild)), 'utf8'))
    // What another release has built is as good as nothing.
    return Array.isArray(manifest.routes) && Array.isArray(manifest.formRoutes) ? manifest : null
  } catch {
    return null
  }
}

/** Not before somebody asks for a page: a server that is only an API starts without. */
export async function loadWeb(manifest: WebManifest, settings: WebSettings, calls: WebCalls): Promise<Web> {
  const { createWeb } = (await import(new URL('server.mjs', webBuild).href)) as WebModule
  return createWeb({ ...settings, ...calls, manifest })
}
