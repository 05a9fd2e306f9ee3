/** What holds for the whole domain: its name and look, languages, lists of licences and themes, defaults of datasets. */
import { type ControlDb, domainChannel, notify } from '../control/index.ts'
import type { JsonObject } from '../kernel/index.ts'
import { checkDomain } from './check-domain.ts'
import { type ExpectedRevisions, requireRevision } from './revision.ts'

export interface License {
  readonly id: string
  readonly label: string
  /** Null: it has no page. */
  readonly url: string | null
}

export interface Theme {
  readonly id: string
  /** `{language: label}` */
  readonly labels: Readonly<Record<string, string>>
}

export interface DomainSettings {
  /** Empty: the address of the server stands for it. */
  readonly name: string
  /** `{language: text}` */
  readonly description: Readonly<Record<string, string>>
  readonly default_language: string
  readonly languages: readonly string[]
  /** IANA name; null: the one that the operator has set (BROADSHEET_SCHEDULE_TIMEZONE). */
  readonly timezone: string | null
  readonly contact: { readonly name: string; readonly email: string; readonly url: string }
  readonly theme: {
    /** CSS colours by role, `#rrggbb`. */
    readonly colors: Readonly<Record<string, string>>
    /** Of an image of this server, or empty. */
    readonly logo_url: string
    readonly favicon_url: string
  }
  readonly licenses: readonly License[]
  readonly themes: readonly Theme[]
  /** Of new datasets. */
  readonly default_security: { readonly visibility: 'domain' | 'restricted' }
  /** Whether readers may write to publishers of datasets. */
  readonly feedback: boolean
  /** Calls of everybody together; empty: none. */
  readonly quotas: { readonly limit?: number; readonly unit?: 'day' }
}

/** Common licences of open data, until somebody sets a list. */
const commonLicenses: readonly License[] = [
  { id: 'cc0', label: 'CC0 1.0', url: 'https://creativecommons.org/publicdomain/zero/1.0/' },
  { id: 'cc-by', label: 'CC BY 4.0', url: 'https://creativecommons.org/licenses/by/4.0/' },
  { id: 'cc-by-sa', label: 'CC BY-SA 4.0', url: 'https://creativecommons.org/licenses/by-sa/4.0/' },
  { id: 'odbl', label: 'Open Database License 1.0', url: 'https://opendatacommons.org/licenses/odbl/1-0/' },
  {
    id: 'odc-by',
    label: 'Open Data Commons Attribution License 1.0',
    url: 'https://opendatacommons.org/licenses/by/1-0/',
  },
  {
    id: 'pddl',
    label: 'Public Domain Dedication and License 1.0',
    url: 'https://opendatacommons.org/licenses/pddl/1-0/',
  },
  {
    id: 'etalab-2.0',
    label: 'Licence Ouverte v2.0 (Etalab)',
    url: 'https://www.etalab.gouv.fr/licence-ouverte-open-licence/',
  },
  {
    id: 'ogl-uk-3.0',
    label: 'Open Government Licence v3.0',
    url: 'https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/',
  },
  {
    id: 'dl-de-by-2.0',
    label: 'Datenlizenz Deutschland Namensnennung 2.0',
    url: 'https://www.govdata.de/dl-de/by-2-0',
  },
  { id: 'iodl-2.0', label: 'Italian Open Data License v2.0', url: 'https://www.dati.gov.it/iodl/2.0/' },
]

const defaults: DomainSettings = {
  name: '',
  description: {},
  default_language: 'en',
  languages: ['en'],
  feedback: false,
  timezone: null,
  contact: { name: '', email: '', url: '' },
  theme: { colors: {}, logo_url: '', favicon_url: '' },
  licenses: commonLicenses,
  themes: [],
  default_security: { visibility: 'domain' },
  quotas: {},
}

const key = 'domain'

export async function readDomain(db: ControlDb): Promise<DomainSettings> {
  return { ...defaults, ...(await storedDomain(db)) }
}

/** Whether somebody has set a list of licences: then no other may be named. */
export async function readDomainChoices(
  db: ControlDb,
): Promise<{ readonly domain: DomainSettings; readonly hasOwnLicenses: boolean }> {
  const stored = await storedDomain(db)
  return { domain: { ...defaults, ...stored }, hasOwnLicenses: stored.licenses !== undefined }
}

async function storedDomain(db: ControlDb): Promise<Partial<DomainSettings>> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
  return row ? (JSON.parse(row.value) as Partial<DomainSettings>) : {}
}

/**
 * Changes what is given; what is left out stays, null gives a setting back its default. Readers of the portal see it at
 * once, datasets with their next publish. `expected`: revisions of the settings. Errors: catalog.changed_meanwhile, catalog.invalid_domain, catalog.invalid_request wrapping several.
 */
export async function changeDomain(
  db: ControlDb,
  changes: JsonObject,
  expected: ExpectedRevisions = null,
): Promise<DomainSettings> {
  return db.transaction().execute(async (trx) => {
    // Written first: of two changes at once the second sees the first.
    await trx
      .insertInto('settings')
      .values({ key, value: '{}' })
      .onConflict((conflict) => conflict.column('key').doUpdateSet((eb) => ({ key: eb.ref('excluded.key') })))
      .execute()
    const stored: Record<string, unknown> = { ...(await storedDomain(trx)) }
    requireRevision({ ...defaults, ...stored }, expected)
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete stored[name]
      else if (name === 'theme' || name === 'contact')
        stored[name] = { ...defaults[name], ...(stored[name] as object), ...(value as object) }
      else stored[name] = value
    }
    checkDomain(changes, { ...defaults, ...stored })
    await trx
      .updateTable('settings')
      .set({ value: JSON.stringify(stored) })
      .where('key', '=', key)
      .execute()
    await notify(trx, domainChannel)
    return { ...defaults, ...stored }
  })
}

/** The label of a theme in the first of these languages that it has one in. */
export function themeLabel({ id, labels }: Theme, languages: readonly string[]): string {
  for (const language of languages) if (Object.hasOwn(labels, language)) return labels[language]!
  return Object.values(labels)[0] ?? id
}
