/**
 * Who sees what of a dataset: its access policy, and its rulesets for everybody, users and groups. What is read of a
 * dataset stays in memory until the database says that it has changed, so that a reader of an open dataset costs no
 * query. Management API section 18.
 */
import type { Selectable } from 'kysely'
import {
  among,
  type Control,
  type ControlDb,
  type DatasetRulesetsTable,
  securityChannel,
} from '../control/index.ts'
import { mayDo, type Rights } from './policy.ts'
import type { Principal } from './principal.ts'

export interface Quota {
  readonly limit: number
  readonly unit: string
}

/** What somebody sees of a dataset. Several are a union: records that any of them shows, fields of all. */
export interface Ruleset {
  /** False: metadata and fields only. */
  readonly isDataVisible: boolean
  /** Names; null: all. */
  readonly visibleFields: readonly string[] | null
  /** ODSQL; empty: all records. */
  readonly filterQuery: string
  /** Permissions on the dataset; of the default ruleset always none. */
  readonly permissions: readonly string[]
  readonly apiCallsQuota: Quota | null
}

/** All of the dataset: what the default ruleset says until it is set, and what those see whom no rule limits. */
export const wholeDataset: Ruleset = {
  isDataVisible: true,
  visibleFields: null,
  filterQuery: '',
  permissions: [],
  apiCallsQuota: null,
}

export interface DatasetSecurity {
  /** The access policy is `restricted`: only those with a ruleset, or with rights, see that it exists. */
  readonly isRestricted: boolean
  readonly default: Ruleset
  readonly users: ReadonlyMap<string, Ruleset>
  readonly groups: ReadonlyMap<string, Ruleset>
}

type Cache = Map<string, Promise<DatasetSecurity | null>>
/** Of databases whose notices are heard: nothing may be kept of another, nor of a transaction. */
const caches = new WeakMap<ControlDb, Cache>()
const maxCached = 10_000

/** From now on what is read of datasets is kept in memory, until this or another process changes it. */
export async function watchSecurity(control: Pick<Control, 'db' | 'listen'>): Promise<void> {
  const cache: Cache = new Map()
  await control.listen(securityChannel, (datasetUid) => {
    if (datasetUid === '') cache.clear()
    else cache.delete(datasetUid)
  })
  caches.set(control.db, cache)
}

/** For the process that has changed it (no uid: of all): its own next answer must not wait for the notice. */
export function forgetSecurity(db: ControlDb, datasetUid?: string): void {
  if (datasetUid === undefined) caches.get(db)?.clear()
  else caches.get(db)?.delete(datasetUid)
}

/** Null: there is no such dataset. */
export function securityOf(db: ControlDb, datasetUid: string): Promise<DatasetSecurity | null> {
  const cache = caches.get(db)
  if (!cache) return readSecurity(db, datasetUid)
  const known = cache.get(datasetUid)
  if (known) return known
  if (cache.size >= maxCached) cache.clear()
  const read = readSecurity(db, datasetUid)
  cache.set(datasetUid, read)
  const forget = () => {
    if (cache.get(datasetUid) === read) cache.delete(datasetUid)
  }
  // Names that nobody has given are without number.
  read.then((security) => security ?? forget(), forget)
  return read
}

async function readSecurity(db: ControlDb, datasetUid: string): Promise<DatasetSecurity | null> {
  const [dataset, rows] = await Promise.all([
    db.selectFrom('datasets').select('visibility').where('dataset_uid', '=', datasetUid).executeTakeFirst(),
    db.selectFrom('dataset_rulesets').selectAll().where('dataset_uid', '=', datasetUid).execute(),
  ])
  if (!dataset) return null
  const of = (target: string) =>
    new Map(rows.filter((row) => row.target === target).map((row) => [row.target_id, toRuleset(row)]))
  return {
    isRestricted: dataset.visibility !== 'domain',
    default: of('default').get('') ?? wholeDataset,
    users: of('user'),
    groups: of('group'),
  }
}

export function toRuleset(row: Selectable<DatasetRulesetsTable>): Ruleset {
  return {
    isDataVisible: row.is_data_visible === 1,
    visibleFields: row.visible_fields_json === null ? null : JSON.parse(row.visible_fields_json),
    filterQuery: row.filter_query,
    permissions: JSON.parse(row.permissions_json),
    apiCallsQuota: row.api_calls_quota_json === null ? null : JSON.parse(row.api_calls_quota_json),
  }
}

/** The rulesets of the user and of the groups; none for nobody, and for a key that is limited to other datasets. */
function ownRulesets(principal: Principal, datasetUid: string, security: DatasetSecurity): Ruleset[] {
  if (principal.kind === 'anonymous' || !reaches(principal, datasetUid)) return []
  const { username, groups } = principal
  return [security.users.get(username), ...groups.map((group) => security.groups.get(group))].filter(
    (ruleset) => ruleset !== undefined,
  )
}

/** Whether the key, if there is one, is for this dataset. */
function reaches(principal: Principal & { kind: 'user' }, datasetUid: string): boolean {
  const datasets = principal.keyLimits?.datasets ?? null
  return datasets === null || datasets.uids.has(datasetUid)
}

const noRights: Rights = { domain: new Set(), own: new Set() }

/** What somebody holds on one dataset, as far as a key lets them. */
export function rightsOn(principal: Principal, datasetUid: string, security: DatasetSecurity | null): Rights {
  if (principal.kind === 'anonymous' || !reaches(principal, datasetUid)) return noRights
  const given = security === null ? [] : ownRulesets(principal, datasetUid, security)
  const own = given.flatMap(({ permissions }) => permissions)
  const key = principal.keyLimits?.permissions
  return {
    domain: principal.keyLimits?.datasets?.permissions ?? principal.permissions,
    own: new Set(key ? own.filter((permission) => key.has(permission)) : own),
  }
}

/**
 * The rulesets whose union a reader sees of the dataset; none: to this reader there is no such dataset. Who may edit the
 * dataset, or explore every one, sees all of it. A key without `explore_restricted_dataset` does not show what rulesets
 * of its owner show.
 */
export async function rulesetsOf(
  db: ControlDb,
  principal: Principal,
  datasetUid: string,
): Promise<readonly Ruleset[]> {
  const security = await securityOf(db, datasetUid)
  return security === null ? [] : seenOf(principal, datasetUid, security)
}

function seenOf(principal: Principal, datasetUid: string, security: DatasetSecurity): readonly Ruleset[] {
  const rights = rightsOn(principal, datasetUid, security)
  if (rights.domain.has('explore_restricted_dataset')) return [wholeDataset]
  if (rights.domain.has('edit_dataset') || rights.own.has('edit_dataset')) return [wholeDataset]
  const shown = showsRulesets(principal) ? ownRulesets(principal, datasetUid, security) : []
  if (shown.length > 0) return shown
  return security.isRestricted ? [] : [security.default]
}

/** What everybody sees, by dataset uid, of the datasets where that has been said. `uids`: only of these. */
export async function listDefaultRulesets(
  db: ControlDb,
  uids?: readonly string[],
): Promise<ReadonlyMap<string, Ruleset>> {
  if (uids?.length === 0) return new Map()
  const rows = await db
    .selectFrom('dataset_rulesets')
    .selectAll()
    .where('target', '=', 'default')
    .$if(uids !== undefined, (query) => query.where(among('dataset_uid', uids!)))
    .execute()
  return new Map(rows.map((row) => [row.dataset_uid, toRuleset(row)]))
}

function showsRulesets(principal: Principal): boolean {
  if (principal.kind === 'anonymous') return false
  return principal.keyLimits === null || principal.keyLimits.permissions.has('explore_restricted_dataset')
}

/** Whether a published dataset exists for this reader. A restricted one must not be told from one that does not. */
export async function canSeePublication(
  db: ControlDb,
  principal: Principal,
  publication: { readonly dataset_uid: string; readonly visibility: string },
): Promise<boolean> {
  const { dataset_uid: datasetUid, visibility } = publication
  if (visibility === 'domain') return true
  if (principal.kind === 'anonymous') return false
  const security = await securityOf(db, datasetUid)
  return security !== null && seenOf(principal, datasetUid, { ...security, isRestricted: true }).length > 0
}

const nobodysDatasets: ReadonlySet<string> = new Set()

/** Datasets that somebody may read in the management API, published or not: every one, or these. */
export async function editableDatasets(
  db: ControlDb,
  principal: Principal,
): Promise<'all' | ReadonlySet<string>> {
  if (principal.kind === 'anonymous') return nobodysDatasets
  if (mayDo(principal, 'READ')) return 'all'
  const limits = principal.keyLimits?.datasets
  const domain = limits?.permissions ?? principal.permissions
  const own = await ownDatasets(db, principal)
  const named = new Set([...own.keys(), ...(limits?.uids ?? [])])
  return new Set(
    [...named].filter((uid) => mayDo(principal, 'READ', { domain, own: own.get(uid) ?? nobodysDatasets })),
  )
}

/** Uids of the datasets on which there is a ruleset of the user or of one of the groups, with what it permits. */
export async function ownDatasets(
  db: ControlDb,
  principal: Principal,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (principal.kind === 'anonymous') return new Map()
  const { username, groups, keyLimits } = principal
  const rows = await db
    .selectFrom('dataset_rulesets')
    .select(['dataset_uid', 'permissions_json'])
    .where((eb) =>
      eb.or([
        eb.and([eb('target', '=', 'user'), eb('target_id', '=', username)]),
        ...(groups.length === 0 ? [] : [eb.and([eb('target', '=', 'group'), eb('target_id', 'in', groups)])]),
      ]),
    )
    .execute()
  const found = new Map<string, Set<string>>()
  for (const row of rows) {
    if (!reaches(principal, row.dataset_uid)) continue
    const held = found.get(row.dataset_uid) ?? new Set()
    for (const permission of JSON.parse(row.permissions_json) as string[]) {
      if (!keyLimits || keyLimits.permissions.has(permission)) held.add(permission)
    }
    found.set(row.dataset_uid, held)
  }
  return found
}
