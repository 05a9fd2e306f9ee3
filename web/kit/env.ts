/** What every component may ask for, on the server and in the browser alike. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from './api.ts'
import type { Format } from './format.ts'
import type { Lang, Translate } from './i18n.ts'

/** Who is signed in; the answer of `GET /api/auth/v1/session`. */
export interface Session {
  readonly username: string
  readonly permissions: readonly string[]
  readonly csrf_token: string
}

/** Where maps find what they are drawn with. */
export interface MapFacts {
  /** Directory of MapLibre's modules. */
  readonly maplibre: string
  readonly basemap: { readonly coarse: string; readonly fine: string }
  /** Of the one who runs the server; null: the basemap that is shipped is all there is. */
  readonly tiles: { readonly url: string; readonly attribution: string } | null
}

/** What the domain says of itself; src/http/web/brand.ts. */
export interface Brand {
  readonly title: string
  /** Whether that is the domain's own name. */
  readonly isNamed: boolean
  /** By language; empty: it has none. */
  readonly description: Readonly<Record<string, string>>
  readonly defaultLanguage: string
  /** IANA name: in which times are shown to those who run it. */
  readonly timezone: string
  /** Whether readers may write to publishers. */
  readonly feedback: boolean
  /** Paths of images of this server; null: those that are shipped. */
  readonly logo: string | null
  readonly favicon: string | null
  /** Colour of links and buttons, `#rrggbb` or `#rgb`; null: as shipped. */
  readonly accent: string | null
}

/** What of the environment is plain data: written into the page, read by the islands in it. */
export interface EnvFacts {
  readonly lang: Lang
  readonly area: 'portal' | 'office'
  /** IANA name: in which instants are shown. */
  readonly timezone: string
  /** `https://data.example.org`, without a slash at the end. */
  readonly origin: string
  /** Name of the portal. */
  readonly title: string
  /** Whether readers may write to publishers. */
  readonly hasFeedback: boolean
  readonly session: Session | null
  readonly map: MapFacts
}

export interface Env extends EnvFacts {
  readonly t: Translate
  readonly api: Api
  readonly format: Format
}

export const EnvContext = createContext<Env | null>(null)

export function useEnv(): Env {
  const env = useContext(EnvContext)
  if (env === null) throw new Error('a component is rendered outside of a page')
  return env
}
