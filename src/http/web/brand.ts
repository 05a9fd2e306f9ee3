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
  /** In which times are shown to those who run it: IANA name. */
  readonly timezone: string
  /** Whether readers may write to publishers. */
  readonly feedback: boolean
  /** Paths of images of this server; null: those that are shipped. */
  readonly logo: string | null
  readonly favicon: string | null
  /** Colour of links and buttons, `#rrggbb` or `#rgb`; null: as shipped. */
  readonly accent: string | null
}

/** One look-up by key: a change is on the next page, whichever process took it. `fallback`: of a domain that has set none. */
export async function readBrand(
  db: ControlDb,
  fallback: { readonly title: string; readonly timezone: string },
): Promise<Brand> {
  const { name, description, default_language, theme, timezone, feedback } = await readDomain(db)
  const isNamed = name.trim() !== ''
  return {
    title: isNamed ? name : fallback.title,
    isNamed,
    description,
    defaultLanguage: default_language,
    timezone: timezone ?? fallback.timezone,
    feedback,
    logo: theme.logo_url || null,
    favicon: theme.favicon_url || null,
    accent: theme.colors.accent ?? null,
  }
}
