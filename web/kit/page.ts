/** What a page is: an address, what it loads over the REST API, and what it shows. */
import type { ComponentChildren, ComponentType } from 'preact'
import type { ApiError } from './api.ts'
import type { Brand, Env } from './env.ts'
import type { Form } from './form.ts'

export interface PageContext extends Env {
  readonly url: URL
  readonly brand: Brand
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly cookies: Readonly<Record<string, string>>
  /** A form with which the page is shown again, and why it was not taken; null: the page itself wants to be (ShowAgain). */
  readonly sent: { readonly form: Form; readonly problem: ApiError | null } | null
}

export interface Head {
  /** Without the name of the portal. */
  readonly title: string
  readonly description?: string | undefined
  /** Path and query of the one address that search engines should keep. */
  readonly canonical?: string | undefined
  readonly robots?: 'noindex' | undefined
  /** Where JavaScript is off, the page is asked for again after so long. */
  readonly refreshSeconds?: number
  readonly jsonLd?: unknown
  readonly alternates?: readonly { readonly type: string; readonly title: string; readonly href: string }[]
  /** Open Graph. */
  readonly type?: 'website' | 'article'
  readonly image?: string
}

/** Which frame is drawn around the page. `embed`: none, and other sites may frame it. `bare`: header only. */
export type LayoutName = 'portal' | 'office' | 'embed' | 'bare'

export interface LayoutProps {
  readonly context: PageContext
  readonly children?: ComponentChildren
}

/** Thrown or returned by `load` to answer something else than the page. */
export class Redirect {
  readonly to: string
  readonly status: 302 | 303 | 308
  constructor(to: string, status: 302 | 303 | 308 = 303) {
    this.to = to
    this.status = status
  }
}

/** Returned by `act`: the page is shown with what was sent, for a look at what would come of it. */
export class ShowAgain {}

/** The page does not exist, for this reader at least. */
export class NotFound {}

export interface Page<D = unknown> {
  /** As a router has it: `/explore/dataset/:id/:view`. */
  readonly path: string
  readonly area: 'portal' | 'office'
  readonly layout: LayoutName
  /** Errors: ApiError (shown as an error page with its status), NotFound, Redirect. */
  load(context: PageContext): Promise<D>
  /** Takes what a form of the page posts. Errors: ApiError (the page is shown again, with it), NotFound, Redirect. */
  act?(context: PageContext, form: Form): Promise<Redirect | ShowAgain | WebAnswer>
  head(data: D, context: PageContext): Head
  readonly View: ComponentType<{ readonly data: D; readonly context: PageContext }>
  /** Names of the islands on it (islands/index.ts), so that the browser fetches them at once. */
  readonly islands?: readonly string[]
  /** The same, where it depends on what was loaded. */
  readonly islandsOf?: (data: D) => readonly string[]
  readonly status?: number
}

/** An answer of the web that is not a page: robots.txt, a switch of language. */
export interface WebAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
}

export interface RawRoute {
  readonly path: string
  answer(context: PageContext): Promise<WebAnswer>
}

/** For the type of `load` to reach `head` and `View`. */
export const definePage = <D>(page: Page<D>): Page => page as unknown as Page
