/**
 * Every setting of the server, in one table: what reads the environment, what refuses a bad value and what
 * docs/operations.md lists come from here.
 */
import { availableParallelism, hostname, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { flag, integer, networks, optional, SettingError, tileAddress, webAddress } from './setting-values.ts'

export { SettingError } from './setting-values.ts'

interface SettingSpec<T> {
  readonly env: string
  readonly description: string
  /** As shown in the documentation. */
  readonly fallback: string
  readonly parse: (text: string | undefined) => T
}

function setting<T>(
  env: string,
  fallback: string,
  description: string,
  parse: SettingSpec<T>['parse'],
): SettingSpec<T> {
  return { env, fallback, description, parse }
}

const memoryMb = Math.floor(totalmem() / 1024 ** 2)
const builderMemoryMb = Math.max(256, Math.min(1000, Math.floor(memoryMb / 4)))
const longQueries = Math.max(3, Math.min(5, availableParallelism() + 1))
const queryMemoryMb = Math.max(128, Math.min(384, Math.floor(memoryMb / 8)))

export const settingSpecs = {
  port: setting(
    'BROADSHEET_PORT',
    '8080',
    'Port to listen on; 0 takes a free one.',
    integer('BROADSHEET_PORT', 8080, 0, 65535),
  ),
  host: setting(
    'BROADSHEET_HOST',
    '127.0.0.1',
    'Address to listen on; 0.0.0.0 for all.',
    (text) => optional(text) ?? '127.0.0.1',
  ),
  dataDirectory: setting(
    'BROADSHEET_DATA_DIR',
    './data',
    'Where everything is kept; created when missing.',
    (text) => resolve(optional(text) ?? 'data'),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'none',
    'A PostgreSQL address (postgres://...) for the control database instead of the embedded SQLite.',
    (text) => {
      const url = optional(text)
      if (url !== null && !/^postgres(ql)?:\/\//.test(url)) {
        throw new SettingError('DATABASE_URL must start with postgres:// or postgresql://')
      }
      return url
    },
  ),
  adminPassword: setting(
    'BROADSHEET_ADMIN_PASSWORD',
    'generated',
    'Password of the user `admin`, of at least 8 characters. Unset at the first start: one is generated, printed once and stored hashed. Set later: it replaces the stored one.',
    (text) => {
      const password = optional(text)
      if (password !== null && password.length < 8) {
        throw new SettingError('BROADSHEET_ADMIN_PASSWORD must have at least 8 characters')
      }
      return password
    },
  ),
  passwordLength: setting(
    'BROADSHEET_PASSWORD_LENGTH',
    '10',
    'Characters that a password must have that people choose for themselves.',
    integer('BROADSHEET_PASSWORD_LENGTH', 10, 8, 64),
  ),
  sessionIdleMinutes: setting(
    'BROADSHEET_SESSION_IDLE_MINUTES',
    '480',
    'How long somebody who has signed in with a browser stays so without doing anything, in minutes.',
    integer('BROADSHEET_SESSION_IDLE_MINUTES', 480, 1, 525_600),
  ),
  sessionHours: setting(
    'BROADSHEET_SESSION_HOURS',
    '168',
    'How long somebody stays signed in however much is done, in hours.',
    integer('BROADSHEET_SESSION_HOURS', 168, 1, 8_760),
  ),
  signInFailures: setting(
    'BROADSHEET_SIGN_IN_FAILURES',
    '10',
    'Wrong passwords of one user from one address before each further one has to wait; ten times as many from one address, or of one user.',
    integer('BROADSHEET_SIGN_IN_FAILURES', 10, 1, 10_000),
  ),
  auditDays: setting(
    'BROADSHEET_AUDIT_DAYS',
    '730',
    'How long entries of the audit log are kept, in days; 0: for ever.',
    integer('BROADSHEET_AUDIT_DAYS', 730, 0, 36_500),
  ),
  publicUrl: setting(
    'BROADSHEET_PUBLIC_URL',
    'the address that it listens on',
    'Address by which people reach the server, e.g. https://data.example.org: what links in mails begin with, and where OpenID Connect comes back to.',
    (text) => webAddress('BROADSHEET_PUBLIC_URL')(text)?.replace(/\/+$/, '') ?? null,
  ),
  smtpUrl: setting(
    'BROADSHEET_SMTP_URL',
    'none',
    'Server that mails are sent by: smtp://user:password@host:587 (STARTTLS where it is offered; `?requireTLS=true` insists), or smtps://... for TLS from the start. Without one no mails are sent.',
    (text) => {
      const url = optional(text)
      if (url !== null && !(/^smtps?:\/\/[^/]/.test(url) && URL.canParse(url)))
        throw new SettingError('BROADSHEET_SMTP_URL must be a complete smtp:// or smtps:// address')
      return url
    },
  ),
  mailFrom: setting(
    'BROADSHEET_MAIL_FROM',
    'broadsheet@ the name of this machine',
    'Sender of mails: an address, or `Name <address>`.',
    (text) => {
      const from = optional(text)
      if (from !== null && !/^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(from))
        throw new SettingError(
          `BROADSHEET_MAIL_FROM is '${from}', but must be an address, or a name with an address in <>`,
        )
      return from ?? `broadsheet@${hostname()}`
    },
  ),
  openidIssuer: setting(
    'BROADSHEET_OPENID_ISSUER',
    'none',
    'OpenID provider that people may sign in with: the address of its issuer. It must send browsers back to `BROADSHEET_PUBLIC_URL`/api/auth/v1/openid/callback.',
    webAddress('BROADSHEET_OPENID_ISSUER'),
  ),
  openidClientId: setting(
    'BROADSHEET_OPENID_CLIENT_ID',
    'broadsheet',
    'What this server is called there.',
    (text) => optional(text) ?? 'broadsheet',
  ),
  openidClientSecret: setting('BROADSHEET_OPENID_CLIENT_SECRET', 'none', 'Its secret there.', optional),
  openidName: setting(
    'BROADSHEET_OPENID_NAME',
    'OpenID',
    'What people know the provider by.',
    (text) => optional(text) ?? 'OpenID',
  ),
  openidScope: setting(
    'BROADSHEET_OPENID_SCOPE',
    'openid email profile',
    'What the provider is asked for.',
    (text) => {
      const scope = optional(text) ?? 'openid email profile'
      if (scope.split(' ').includes('openid')) return scope
      throw new SettingError(`BROADSHEET_OPENID_SCOPE is '${scope}', but must have openid in it`)
    },
  ),
  openidDomains: setting(
    'BROADSHEET_OPENID_DOMAINS',
    'none',
    'Domains of addresses, separated by commas, whose owners come to the account that has the address, or are given one, when the provider vouches for the address; `*`: any.',
    (text) =>
      (optional(text) ?? '')
        .split(',')
        .map((domain) => domain.trim().toLowerCase())
        .filter(Boolean),
  ),
  openidGroupsClaim: setting(
    'BROADSHEET_OPENID_GROUPS_CLAIM',
    'none',
    'Claim with the names of the groups somebody is in at the provider.',
    optional,
  ),
  openidGroups: setting(
    'BROADSHEET_OPENID_GROUPS',
    'none',
    'From these names to ids of groups here: `staff=editors,it=admins`. In these groups are those whom the provider says.',
    (text): ReadonlyMap<string, string> => {
      const pairs = (optional(text) ?? '').split(',').filter(Boolean)
      return new Map(
        pairs.map((pair): [string, string] => {
          const at = pair.lastIndexOf('=')
          const [name, group] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
          if (at > 0 && name && group) return [name, group]
          throw new SettingError(
            `BROADSHEET_OPENID_GROUPS is '${text}', but must be pairs such as staff=editors, separated by commas`,
          )
        }),
      )
    },
  ),
  newsMinutes: setting(
    'BROADSHEET_NEWS_MINUTES',
    '60',
    'Shortest time between two mails of one subscription to a dataset, in minutes; publications until then are told together.',
    integer('BROADSHEET_NEWS_MINUTES', 60, 0, 43_200),
  ),
  demo: setting(
    'BROADSHEET_DEMO',
    '1',
    '1: publish the demo datasets at start when they are missing. 0: none.',
    flag('BROADSHEET_DEMO', true),
  ),
  portalTitle: setting(
    'BROADSHEET_PORTAL_TITLE',
    'Broadsheet',
    'Name of the portal, on every page, unless the settings of the domain have one.',
    (text) => optional(text) ?? 'Broadsheet',
  ),
  mapTiles: setting(
    'BROADSHEET_MAP_TILES',
    'none',
    'Map tiles from elsewhere, as an address with `{z}`, `{x}` and `{y}`, drawn in place of the basemap that is shipped. Readers ask for them where they are.',
    tileAddress('BROADSHEET_MAP_TILES'),
  ),
  mapTilesAttribution: setting(
    'BROADSHEET_MAP_TILES_ATTRIBUTION',
    'none',
    'Whom those tiles are due to, as maps must say.',
    (text) => optional(text) ?? '',
  ),
  builders: setting(
    'BROADSHEET_BUILDERS',
    '2',
    'Publishes that run at once; each is a process of its own.',
    integer('BROADSHEET_BUILDERS', 2, 1, 64),
  ),
  builderMemoryMb: setting(
    'BROADSHEET_BUILDER_MEMORY_MB',
    'a quarter of the memory, at most 1000',
    'Memory that the engine inside one builder may use, in MiB; beyond it spills to disk.',
    integer('BROADSHEET_BUILDER_MEMORY_MB', builderMemoryMb, 128, 1_048_576),
  ),
  builderThreads: setting(
    'BROADSHEET_BUILDER_THREADS',
    '2',
    'Threads of one builder.',
    integer('BROADSHEET_BUILDER_THREADS', 2, 1, 256),
  ),
  indexLaterMb: setting(
    'BROADSHEET_INDEX_LATER_MB',
    '4',
    'Datasets whose records take at most this as Parquet are shown before their search index is made, in MiB; 0: none.',
    integer('BROADSHEET_INDEX_LATER_MB', 4, 0, 64),
  ),
  queryMemoryMb: setting(
    'BROADSHEET_QUERY_MEMORY_MB',
    'an eighth of the memory, at most 384',
    'Memory that the engine of the server may use for all queries, in MiB.',
    integer('BROADSHEET_QUERY_MEMORY_MB', queryMemoryMb, 64, 1_048_576),
  ),
  queryThreads: setting(
    'BROADSHEET_QUERY_THREADS',
    '2',
    'Threads of the engine of the server.',
    integer('BROADSHEET_QUERY_THREADS', 2, 1, 256),
  ),
  niceness: setting(
    'BROADSHEET_NICENESS',
    '10',
    'How far long queries and builders stand back behind pages and everything else, as `nice` counts it; 0: not at all.',
    integer('BROADSHEET_NICENESS', 10, 0, 19),
  ),
  queryConnections: setting(
    'BROADSHEET_QUERY_CONNECTIONS',
    '8',
    'Queries and slices of exports that run at once; more wait their turn.',
    integer('BROADSHEET_QUERY_CONNECTIONS', 8, 2, 1000),
  ),
  longQueries: setting(
    'BROADSHEET_LONG_QUERIES',
    'one more than there are processors, from 3 to 5',
    'How many of these may be long: anything but plain pages, records by id and the catalog. One client has one fewer, so that another always finds a place.',
    integer('BROADSHEET_LONG_QUERIES', longQueries, 1, 999),
  ),
  waitingPerClient: setting(
    'BROADSHEET_WAITING_PER_CLIENT',
    '100',
    'Queries of one client that may wait; more are refused with 429.',
    integer('BROADSHEET_WAITING_PER_CLIENT', 100, 1, 100_000),
  ),
  waiting: setting(
    'BROADSHEET_WAITING',
    '1000',
    'Queries of all clients that may wait; then who has most of them waiting is refused with 429.',
    integer('BROADSHEET_WAITING', 1000, 1, 1_000_000),
  ),
  exportsPerClient: setting(
    'BROADSHEET_EXPORTS_PER_CLIENT',
    '16',
    'Exports of one client that may be open at once; more are refused with 429.',
    integer('BROADSHEET_EXPORTS_PER_CLIENT', 16, 1, 200),
  ),
  stalledSeconds: setting(
    'BROADSHEET_STALLED_SECONDS',
    '120',
    'How long the reader of an answer may take nothing of it, in seconds; then its connection is closed.',
    integer('BROADSHEET_STALLED_SECONDS', 120, 1, 86_400),
  ),
  dailyCalls: setting(
    'BROADSHEET_DAILY_CALLS',
    '0',
    'Calls of the search API that one client may make in a day; 0: no limit.',
    integer('BROADSHEET_DAILY_CALLS', 0, 0, 1_000_000_000),
  ),
  maxDatasets: setting(
    'BROADSHEET_MAX_DATASETS',
    '0',
    'Datasets that this server holds at most; 0: no limit. Users and groups can have limits of their own.',
    integer('BROADSHEET_MAX_DATASETS', 0, 0, 1_000_000_000),
  ),
  maxRecordsByDataset: setting(
    'BROADSHEET_MAX_RECORDS_BY_DATASET',
    '0',
    'Records of a dataset that are published at most, the others are left out (status limit_reached); 0: no limit. Users and groups can have limits of their own.',
    integer('BROADSHEET_MAX_RECORDS_BY_DATASET', 0, 0, 1_000_000_000_000),
  ),
  trustedProxies: setting(
    'BROADSHEET_TRUSTED_PROXIES',
    'loopback',
    'Proxies that are believed when they say for whom they ask (`X-Forwarded-For`) and by which address they were asked (`X-Forwarded-Proto`, `X-Forwarded-Host`): addresses, networks (10.0.0.0/8), loopback, linklocal, uniquelocal, separated by commas; none.',
    networks('BROADSHEET_TRUSTED_PROXIES', ['loopback']),
  ),
  hstsSeconds: setting(
    'BROADSHEET_HSTS_SECONDS',
    '31536000',
    'How long browsers that have come by https are to come by https only, in seconds; 0: they are not told.',
    integer('BROADSHEET_HSTS_SECONDS', 31_536_000, 0, 315_360_000),
  ),
  geocoderBanUrl: setting(
    'BROADSHEET_GEOCODER_BAN_URL',
    'none',
    'Address of the BAN geocoder that geocode_ban asks, e.g. https://api-adresse.data.gouv.fr/.',
    webAddress('BROADSHEET_GEOCODER_BAN_URL'),
  ),
  geocoderNominatimUrl: setting(
    'BROADSHEET_GEOCODER_NOMINATIM_URL',
    'none',
    'Address of the Nominatim that geocode_nominatim asks, e.g. https://nominatim.openstreetmap.org/.',
    webAddress('BROADSHEET_GEOCODER_NOMINATIM_URL'),
  ),
  geocoderArcgisUrl: setting(
    'BROADSHEET_GEOCODER_ARCGIS_URL',
    'none',
    'Address of the GeocodeServer that geocode_arcgis asks, e.g. https://geocode-api.arcgis.com/arcgis/rest/services/World/GeocodeServer/.',
    webAddress('BROADSHEET_GEOCODER_ARCGIS_URL'),
  ),
  geocoderArcgisToken: setting(
    'BROADSHEET_GEOCODER_ARCGIS_TOKEN',
    'none',
    'Token for that GeocodeServer.',
    optional,
  ),
  geocoderCensusUrl: setting(
    'BROADSHEET_GEOCODER_CENSUS_URL',
    'none',
    'Address of the geocoder that geocode_census asks, e.g. https://geocoding.geo.census.gov/.',
    webAddress('BROADSHEET_GEOCODER_CENSUS_URL'),
  ),
  geocoderPdokUrl: setting(
    'BROADSHEET_GEOCODER_PDOK_URL',
    'none',
    'Address of the Locatieserver that geocode_pdok asks, e.g. https://api.pdok.nl/bzk/locatieserver/search/v3_1/.',
    webAddress('BROADSHEET_GEOCODER_PDOK_URL'),
  ),
  geocoderPerSecond: setting(
    'BROADSHEET_GEOCODER_PER_SECOND',
    '1',
    'Requests to one geocoder in a second, at most; public ones ask for no more than one.',
    integer('BROADSHEET_GEOCODER_PER_SECOND', 1, 1, 10_000),
  ),
  geocoderAnswers: setting(
    'BROADSHEET_GEOCODER_ANSWERS',
    '1000000',
    'Answers of geocoders that are remembered.',
    integer('BROADSHEET_GEOCODER_ANSWERS', 1_000_000, 0, 1_000_000_000),
  ),
  geoIpFile: setting(
    'BROADSHEET_GEOIP_FILE',
    'none',
    'Database in MaxMind format (.mmdb) with the places of IP addresses, for ip_to_coordinates.',
    optional,
  ),
  queryTimeoutMs: setting(
    'BROADSHEET_QUERY_TIMEOUT_MS',
    '30000',
    'How long one query of the search API may take, in milliseconds (exports are not limited).',
    integer('BROADSHEET_QUERY_TIMEOUT_MS', 30_000, 100, 3_600_000),
  ),
  responseCacheMb: setting(
    'BROADSHEET_RESPONSE_CACHE_MB',
    '64',
    'Memory for answers to repeated questions about public datasets, in MiB; 0 keeps none.',
    integer('BROADSHEET_RESPONSE_CACHE_MB', 64, 0, 65_536),
  ),
  maxUploadMb: setting(
    'BROADSHEET_MAX_UPLOAD_MB',
    '10240',
    'Largest file that can be uploaded, in MiB.',
    integer('BROADSHEET_MAX_UPLOAD_MB', 10_240, 1, 10_485_760),
  ),
  maxSourceMb: setting(
    'BROADSHEET_MAX_SOURCE_MB',
    '51200',
    'Largest source after decompression, in MiB.',
    integer('BROADSHEET_MAX_SOURCE_MB', 51_200, 1, 104_857_600),
  ),
  maxMediaMb: setting(
    'BROADSHEET_MAX_MEDIA_MB',
    '50',
    'Largest file that a record names by its address or that is pushed with one, in MiB; 0: none is fetched.',
    integer('BROADSHEET_MAX_MEDIA_MB', 50, 0, 10_240),
  ),
  fetchTimeoutSeconds: setting(
    'BROADSHEET_FETCH_TIMEOUT_SECONDS',
    '3600',
    'How long fetching one remote resource may take, in seconds.',
    integer('BROADSHEET_FETCH_TIMEOUT_SECONDS', 3600, 1, 86_400),
  ),
  maxPages: setting(
    'BROADSHEET_MAX_PAGES',
    '10000',
    'Most pages that one resource may ask of a paged API.',
    integer('BROADSHEET_MAX_PAGES', 10_000, 1, 10_000_000),
  ),
  secretKey: setting(
    'BROADSHEET_SECRET_KEY',
    'the file `secret.key` in the data directory',
    'The key that secrets of connections and resources are sealed with, as 64 hex digits.',
    (text) => {
      const key = optional(text)
      if (key !== null && !/^[0-9a-f]{64}$/i.test(key)) {
        throw new SettingError('BROADSHEET_SECRET_KEY must be 64 hex digits (openssl rand -hex 32)')
      }
      return key
    },
  ),
  allowPrivateAddresses: setting(
    'BROADSHEET_ALLOW_PRIVATE_ADDRESSES',
    '0',
    '1: resources may be fetched from private, loopback and link-local addresses.',
    flag('BROADSHEET_ALLOW_PRIVATE_ADDRESSES', false),
  ),
  retryMs: setting(
    'BROADSHEET_RETRY_MS',
    '2000',
    'How long to wait before a publish that failed for a passing cause, or a webhook delivery, is tried again, in milliseconds; longer each time.',
    integer('BROADSHEET_RETRY_MS', 2000, 1, 3_600_000),
  ),
  webhookAttempts: setting(
    'BROADSHEET_WEBHOOK_ATTEMPTS',
    '10',
    'How often a webhook delivery is tried before it is given up.',
    integer('BROADSHEET_WEBHOOK_ATTEMPTS', 10, 1, 100),
  ),
  scheduleTimezone: setting(
    'BROADSHEET_SCHEDULE_TIMEZONE',
    'Europe/Paris',
    'Time zone of schedules that name none, and of times in the back office; a domain that has set its own has that one.',
    (text) => {
      const zone = optional(text) ?? 'Europe/Paris'
      try {
        new Intl.DateTimeFormat('en', { timeZone: zone })
        return zone
      } catch {
        throw new SettingError(
          `BROADSHEET_SCHEDULE_TIMEZONE is '${zone}', but must be a time zone such as UTC or Europe/Paris`,
        )
      }
    },
  ),
  scheduleMinMinutes: setting(
    'BROADSHEET_SCHEDULE_MIN_MINUTES',
    '5',
    'Shortest time between two runs of one schedule, in minutes; 1440: daily.',
    integer('BROADSHEET_SCHEDULE_MIN_MINUTES', 5, 1, 10_080),
  ),
  realtimeSeconds: setting(
    'BROADSHEET_REALTIME_SECONDS',
    '5',
    'Shortest time between two publishes of a dataset that follow pushed records, in seconds.',
    integer('BROADSHEET_REALTIME_SECONDS', 5, 1, 86_400),
  ),
  realtimeKeptMb: setting(
    'BROADSHEET_REALTIME_KEPT_MB',
    '2048',
    'Pushes that are kept of one realtime resource, in MiB; beyond it they are refused.',
    integer('BROADSHEET_REALTIME_KEPT_MB', 2048, 1, 1_048_576),
  ),
  heartbeatMs: setting(
    'BROADSHEET_HEARTBEAT_MS',
    '15000',
    'Longest silence of an event stream, in milliseconds; then a comment is sent.',
    integer('BROADSHEET_HEARTBEAT_MS', 15_000, 50, 300_000),
  ),
  retentionHours: setting(
    'BROADSHEET_RETENTION_HOURS',
    '24',
    'How long replaced and unpublished data is kept, in hours.',
    integer('BROADSHEET_RETENTION_HOURS', 24, 0, 87_600),
  ),
  logLevel: setting(
    'BROADSHEET_LOG_LEVEL',
    'warn',
    'error, warn, info or debug; log lines are JSON on standard error.',
    (text) => {
      const level = optional(text) ?? 'warn'
      if (!['error', 'warn', 'info', 'debug'].includes(level)) {
        throw new SettingError(`BROADSHEET_LOG_LEVEL is '${level}', but must be error, warn, info or debug`)
      }
      return level
    },
  ),
} as const

type Specs = typeof settingSpecs
export type Settings = { readonly [K in keyof Specs]: ReturnType<Specs[K]['parse']> }

/** Reads all settings. Throws one SettingError that names every bad value, not only the first. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(settingSpecs)) {
    try {
      values[name] = spec.parse(env[spec.env])
    } catch (error) {
      if (!(error instanceof SettingError)) throw error
      faults.push(error.message)
    }
  }
  if (faults.length > 0) throw new SettingError(faults.join('\n'))
  return values as Settings
}

/** Of the command line, of tests, and of whoever starts the server as a child. */
const otherNames = /^BROADSHEET_(APIKEY|SERVER|EXIT_WITH_PARENT|SOAK(_MINUTES)?|TEST_\w+)$/

/** Names that begin like a setting and are none: one that is misspelt would be left out without a word. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(Object.values(settingSpecs).map((spec) => spec.env as string))
  return Object.keys(env)
    .filter((name) => name.startsWith('BROADSHEET_') && !known.has(name) && !otherNames.test(name))
    .sort()
}

/** The settings as a Markdown table, for docs/operations.md. */
export function settingsTable(): string {
  const rows = Object.values(settingSpecs).map(
    (spec) => `| \`${spec.env}\` | ${spec.fallback} | ${spec.description} |`,
  )
  return ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}
