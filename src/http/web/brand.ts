import { readDomain } from '../../catalog/index.ts'
import type { ControlDb } from '../../control/index.ts'

/** What the domain says of itself, on every page. Settings of the domain; docs/metadata.md. */
export interface Brand {
  /** Name of the portal. */
  readonly title: string
  /** Whether that is the domain's own name. */
  readonly isNamed: boolean
  /** In the words of the domain, by language; empty: it has none. */
  readonly description: Readonly<Record<string, string>>
  readonly defaultLanguage: string
  /** Paths of images of this server; null: those that are shipped. */
  readonly logo: string | null
  readonly favicon: string | null
  /** Colour of links and buttons, `#rrggbb` or `#rgb`; null: as shipped. */
  readonly accent: string | null
}

/** One look-up by key: a change is on the next page, whichever process took it. `title`: of a domain without a name. */
export async function readBrand(db: ControlDb, title: string): Promise<Brand> {
  const { name, description, default_language, theme } = await readDomain(db)
  const isNamed = name.trim() !== ''
  return {
    title: isNamed ? name : title,
    isNamed,
    description,
    defaultLanguage: default_language,
    logo: theme.logo_url || null,
    favicon: theme.favicon_url || null,
    accent: theme.colors.accent ?? null,
  }
}
