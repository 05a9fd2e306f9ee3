/** Entry of what the server loads (web/build/server.mjs): requests in, pages out; the API is reached through `call`. */
import { type ComponentChild, h } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { isLanguage, preferredLanguage } from '../../shared/languages.ts'
import { catalogue as en } from '../messages/en.ts'
import { catalogue as fr } from '../messages/fr.ts'
import { ErrorPage } from '../pages/error.tsx'
import { pages, rawRoutes } from '../pages/index.ts'
import { type Api, type ApiAnswer, ApiError, createApi } from './api.ts'
import { contentSecurityPolicy } from './csp.ts'
import { Document } from './document.tsx'
import type { Brand, MapFacts, Session } from './env.ts'
import { csrfField, type Form, type FormFile, readForm, type SentBody } from './form.ts'
import { createFormat } from './format.ts'
import { createTranslate, type Lang } from './i18n.ts'
import type { Manifest } from './manifest.ts'
import {
  type Head,
  type LayoutName,
  NotFound,
  type Page,
  type PageContext,
  Redirect,
  ShowAgain,
  type WebAnswer,
} from './page.ts'

export interface WebRequest {
  readonly method: string
  /** Complete: with the origin by which the reader asked. */
  readonly url: string
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Of a POST. */
  readonly body: SentBody | null
}

export interface WebDeps {
  readonly manifest: Manifest
  readonly tiles: MapFacts['tiles']
  /** What the domain says of itself now. */
  brand(): Promise<Brand>
  /** One request to the REST API on behalf of the reader. `path` with its query. */
  call(
    request: WebRequest,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | FormFile | undefined,
  ): Promise<ApiAnswer>
  /** A bug: the reader gets an error page, the one who runs the server the cause. */
  onError(cause: unknown): void
}

/**
 * Characters and parameters of a page's address. Pages repeat them in each of their links, and have a link for each of the
 * parameters: at the length that a request may have, one page would be gigabytes.
 */
const maxQueryLength = 8192
const maxParameters = 100
/** One for each column that is ticked, in the form that works without JavaScript: no more than there are fields. */
const uncounted = new Set(['col'])

const catalogues = { en, fr } satisfies Record<Lang, unknown>
const sessionCookie = 'broadsheet_session'

/** What the server registers: GET for every path. */
export const routes: readonly string[] = [...pages, ...rawRoutes].map(({ path }) => path)
/** What it registers POST for, too. */
export const formRoutes: readonly string[] = pages.filter(({ act }) => act).map(({ path }) => path)

export function createWeb(deps: WebDeps) {
  const pageOf = new Map(pages.map((page) => [page.path, page]))
  const rawOf = new Map(rawRoutes.map((route) => [route.path, route]))

  async function contextOf(
    request: WebRequest,
    area: 'portal' | 'office',
    form: Form | null = null,
  ): Promise<PageContext> {
    const url = new URL(request.url)
    const cookies = readCookies(request.headers.cookie)
    const asked = url.searchParams.get('lang') ?? cookies.broadsheet_lang
    const lang = isLanguage(asked) ? asked : preferredLanguage(request.headers['accept-language'])
    // The token is that of the form, not of the session: a form of another site has none.
    const token: Record<string, string> = form?.has(csrfField) ? { 'x-csrf-token': form.get(csrfField) } : {}
    const api = createApi((method, path, { headers = {}, body }) => {
      const isFile = body !== undefined && body === form?.file
      const sent = body === undefined ? undefined : isFile ? (body as FormFile) : JSON.stringify(body)
      return deps.call(request, method, path, { ...token, 'accept-language': lang, ...headers }, sent)
    })
    const [brand, session] = await Promise.all([
      deps.brand(),
      cookies[sessionCookie] === undefined ? null : readSession(api),
    ])
    // Readers of the portal see what the data say: instants in UTC, as the search API gives them.
    const timezone = area === 'office' ? brand.timezone : 'UTC'
    return {
      lang,
      area,
      origin: url.origin,
      title: brand.title,
      hasFeedback: brand.feedback,
      brand,
      session,
      map: { maplibre: deps.manifest.maplibre, basemap: deps.manifest.basemap, tiles: deps.tiles },
      t: createTranslate(lang, catalogues[lang]),
      api,
      timezone,
      format: createFormat(lang, timezone),
      url,
      params: request.params,
      cookies,
      sent: null,
    }
  }

  /** `path`: the route's, as in `routes`; null: there is none for this address. */
  async function handle(request: WebRequest, path: string | null): Promise<WebAnswer> {
    const raw = path === null ? undefined : rawOf.get(path)
    if (raw) return raw.answer(await contextOf(request, 'portal'))
    const page = path === null ? undefined : pageOf.get(path)
    const form = request.body === null ? null : readForm(request.body)
    const context = await contextOf(request, page?.area ?? 'portal', form)
    if (!page) return errorPage(context, 'portal', 404)
    if (isTooLong(context.url))
      return errorPage(context, page.layout, 414, { message: context.t('error.address_too_long') })
    if (page.area === 'office' && context.session === null) return redirect(toSignIn(context, form))
    try {
      return form === null ? await show(page, context) : await take(page, context, form)
    } catch (error) {
      if (error instanceof Redirect) return redirect(error)
      if (error instanceof NotFound) return errorPage(context, page.layout, 404)
      if (error instanceof ApiError) return errorPage(context, page.layout, error.status, error)
      deps.onError(error)
      return errorPage(context, page.layout, 500)
    }
  }

  async function show(page: Page, context: PageContext): Promise<WebAnswer> {
    const data = await page.load(context)
    if (data instanceof Redirect) return redirect(data)
    if (data instanceof NotFound) return errorPage(context, page.layout, 404)
    const status = context.sent?.problem?.status ?? page.status ?? 200
    const islands = page.islandsOf?.(data) ?? page.islands ?? []
    const { layout } = page
    return render(
      context,
      { layout, islands },
      page.head(data, context),
      h(page.View, { data, context }),
      status,
    )
  }

  async function take(page: Page, context: PageContext, form: Form): Promise<WebAnswer> {
    try {
      const answer = await page.act!(context, form)
      if (answer instanceof ShowAgain) return await show(page, { ...context, sent: { form, problem: null } })
      return answer instanceof Redirect ? redirect(answer) : (answer as WebAnswer)
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem
      return show(page, { ...context, sent: { form, problem } })
    }
  }

  function errorPage(
    context: PageContext,
    layout: LayoutName,
    status: number,
    error?: Pick<ApiError, 'message'> & Partial<Pick<ApiError, 'hint'>>,
  ): WebAnswer {
    const title = context.t(status === 404 ? 'error.not_found' : 'error.title')
    const view = h(ErrorPage, { status, message: error?.message ?? null, hint: error?.hint ?? null })
    return render(context, { layout, islands: [] }, { title, robots: 'noindex' }, view, status)
  }

  function render(
    context: PageContext,
    page: Pick<Page, 'layout' | 'islands'>,
    head: Head,
    view: ComponentChild,
    status: number,
  ): WebAnswer {
    const html = renderToString(
      h(
        Document,
        { context, head, layout: page.layout, islands: page.islands ?? [], manifest: deps.manifest },
        view,
      ),
    )
    return {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': contentSecurityPolicy(page.layout, context),
        'cache-control': 'private, no-cache',
        vary: 'Accept-Language, Cookie',
        'content-language': context.lang,
        'referrer-policy': 'same-origin',
        ...(page.layout === 'embed' ? { 'cross-origin-resource-policy': 'cross-origin' } : {}),
      },
      body: `<!doctype html>${html}`,
    }
  }

  return { handle }
}

export type Web = ReturnType<typeof createWeb>

function isTooLong({ searchParams }: URL): boolean {
  const counted = [...searchParams].filter(([name]) => !uncounted.has(name))
  const length = counted.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return counted.length > maxParameters || length > maxQueryLength
}

async function readSession(api: Api): Promise<Session | null> {
  const { status, text } = await api.call('GET', '/api/auth/v1/session')
  return status === 200 ? JSON.parse(text) : null
}

function redirect({ to, status }: Redirect): WebAnswer {
  return { status, headers: { location: to, 'cache-control': 'no-store' }, body: '' }
}

/** Back to where they were; what a form sent is lost, unless the browser has kept a draft of it. */
function toSignIn({ url }: PageContext, form: Form | null): Redirect {
  const back = form === null ? `${url.pathname}${url.search}` : url.pathname
  return new Redirect(`/login?back=${encodeURIComponent(back)}`)
}

function readCookies(header: string | undefined): Record<string, string> {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='))
  return Object.fromEntries(pairs.filter(([name]) => name).map(([name, ...rest]) => [name, rest.join('=')]))
}
