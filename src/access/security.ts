/**
 * Changes of who sees what of a dataset. Readers feel them at once. They are part of the dataset's history, and are not
 * undone by restoring it. Management API section 18.
 */
import {
  diffValue,
  type EditorDeps,
  findPublication,
  notePublicationShown,
  recordChange,
  setVisibility,
  within,
} from '../catalog/index.ts'
import { type ControlDb, notify, securityChannel } from '../control/index.ts'
import { AppError, type Field, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { prepareQuery, recordSchema } from '../odsql/index.ts'
import { checkPermissions } from './accounts.ts'
import { datasetPermissions, type Principal } from './principal.ts'
import {
  forgetSecurity,
  type Quota,
  type Ruleset,
  rightsOn,
  securityOf,
  toRuleset,
  wholeDataset,
} from './rulesets.ts'

/** Whom a ruleset is for. */
export type RulesetTarget =
  | { readonly kind: 'default'; readonly name: '' }
  | { readonly kind: 'user' | 'group'; readonly name: string }

export const defaultTarget: RulesetTarget = { kind: 'default', name: '' }

/** Absent: stays, or as of the whole dataset where there is no ruleset yet. */
export interface RulesetChange {
  readonly isDataVisible?: boolean
  readonly visibleFields?: readonly string[] | null
  readonly filterQuery?: string
  readonly permissions?: readonly string[]
  readonly apiCallsQuota?: Quota | null
}

type SecurityDeps = EditorDeps & { readonly principal: Principal }

/** By name of their targets. */
export async function listRulesets(
  db: ControlDb,
  datasetUid: string,
  kind: 'user' | 'group',
): Promise<{ readonly name: string; readonly ruleset: Ruleset }[]> {
  const rows = await db
    .selectFrom('dataset_rulesets')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .where('target', '=', kind)
    .orderBy('target_id')
    .execute()
  return rows.map((row) => ({ name: row.target_id, ruleset: toRuleset(row) }))
}

/** Of the default there always is one. Errors: access.unknown_ruleset. */
export async function findRuleset(
  db: ControlDb,
  datasetUid: string,
  target: RulesetTarget,
): Promise<Ruleset> {
  const found = await present(db, datasetUid, target)
  if (found) return found
  if (target.kind === 'default') return wholeDataset
  throw new AppError('access.unknown_ruleset', { target: target.kind, name: target.name.slice(0, 100) })
}

/**
 * Gives a new dataset the rulesets of the one that it is a copy of: nobody shall see more of the copy. Part of the
 * transaction that makes it. `creator`: whose own is left out, who gets another.
 */
export async function copyRulesets(
  trx: ControlDb,
  copy: { readonly from: string; readonly to: string; readonly creator: string | null; readonly now: number },
): Promise<void> {
  const rows = await trx
    .selectFrom('dataset_rulesets')
    .selectAll()
    .where('dataset_uid', '=', copy.from)
    .execute()
  const times = { created_at: copy.now, updated_at: copy.now }
  for (const row of rows) {
    if (row.target === 'user' && row.target_id === copy.creator) continue
    await trx
      .insertInto('dataset_rulesets')
      .values({ ...row, dataset_uid: copy.to, ...times })
      .execute()
  }
}

async function present(db: ControlDb, datasetUid: string, target: RulesetTarget): Promise<Ruleset | null> {
  const row = await db
    .selectFrom('dataset_rulesets')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .where('target', '=', target.kind)
    .where('target_id', '=', target.name)
    .executeTakeFirst()
  return row ? toRuleset(row) : null
}

/**
 * Makes a ruleset (`mode` new) or changes it. `deps.db` may be a transaction; whoever commits it calls forgetSecurity.
 * Errors: access.ruleset_exists, access.unknown_ruleset, access.unknown_user,
 * access.unknown_group, access.unknown_permission, access.cannot_grant, access.default_ruleset_permissions,
 * access.invalid_filter_query.
 */
export async function writeRuleset(
  deps: SecurityDeps,
  datasetUid: string,
  target: RulesetTarget,
  mode: 'new' | 'change',
  change: RulesetChange,
): Promise<Ruleset> {
  const { db } = deps
  const written = await within(db, async (trx) => {
    const before = await present(trx, datasetUid, target)
    if (mode === 'new') await requireNew(trx, target, before)
    else if (!before && target.kind !== 'default') await findRuleset(trx, datasetUid, target)
    const after = { ...(before ?? wholeDataset), ...given(change) }
    await check(trx, deps, datasetUid, target, before, after)
    const columns = {
      is_data_visible: after.isDataVisible ? 1 : 0,
      visible_fields_json: after.visibleFields === null ? null : JSON.stringify(after.visibleFields),
      filter_query: after.filterQuery,
      permissions_json: JSON.stringify(after.permissions),
      api_calls_quota_json: after.apiCallsQuota === null ? null : JSON.stringify(after.apiCallsQuota),
      updated_at: deps.clock.now(),
    }
    await trx
      .insertInto('dataset_rulesets')
      .values({
        dataset_uid: datasetUid,
        target: target.kind,
        target_id: target.name,
        ...columns,
        created_at: columns.updated_at,
      })
      .onConflict((conflict) => conflict.columns(['dataset_uid', 'target', 'target_id']).doUpdateSet(columns))
      .execute()
    await note(trx, deps, datasetUid, target, before, after)
    return after
  })
  forgetSecurity(db, datasetUid)
  return written
}

/** The default becomes that of the whole dataset again. Errors: access.unknown_ruleset. */
export async function deleteRuleset(
  deps: SecurityDeps,
  datasetUid: string,
  target: RulesetTarget,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const before = await findRuleset(trx, datasetUid, target)
    await trx
      .deleteFrom('dataset_rulesets')
      .where('dataset_uid', '=', datasetUid)
      .where('target', '=', target.kind)
      .where('target_id', '=', target.name)
      .execute()
    await note(trx, deps, datasetUid, target, before, null)
  })
  forgetSecurity(deps.db, datasetUid)
}

/** Readers feel it at once. Errors: catalog.visibility_invalid. */
export async function setAccessPolicy(
  deps: EditorDeps,
  datasetUid: string,
  policy: JsonValue,
): Promise<void> {
  await setVisibility(deps, datasetUid, policy)
  forgetSecurity(deps.db, datasetUid)
}

/**
 * Whoever creates a dataset may go on with it, without a right on all datasets. Part of the transaction that creates it:
 * nobody has asked for its rulesets yet.
 */
export async function giveToCreator(
  trx: ControlDb,
  datasetUid: string,
  username: string,
  now: number,
): Promise<void> {
  await trx
    .insertInto('dataset_rulesets')
    .values({
      dataset_uid: datasetUid,
      target: 'user',
      target_id: username,
      is_data_visible: 1,
      visible_fields_json: null,
      filter_query: '',
      permissions_json: JSON.stringify(datasetPermissions),
      api_calls_quota_json: null,
      created_at: now,
      updated_at: now,
    })
    .execute()
}

function given(change: RulesetChange): Partial<Ruleset> {
  const known = Object.entries(change).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known)
}

async function requireNew(trx: ControlDb, target: RulesetTarget, before: Ruleset | null): Promise<void> {
  const name = target.name.slice(0, 100)
  if (target.kind === 'user') {
    const user = await trx
      .selectFrom('users')
      .select('username')
      .where('username', '=', target.name)
      .executeTakeFirst()
    if (!user) throw new AppError('access.unknown_user', { username: name })
  } else {
    const group = await trx
      .selectFrom('groups')
      .select('group_id')
      .where('group_id', '=', target.name)
      .executeTakeFirst()
    if (!group) throw new AppError('access.unknown_group', { group_id: name })
  }
  if (before) throw new AppError('access.ruleset_exists', { target: target.kind, name })
}

async function check(
  trx: ControlDb,
  { principal, clock }: SecurityDeps,
  datasetUid: string,
  target: RulesetTarget,
  before: Ruleset | null,
  after: Ruleset,
): Promise<void> {
  checkPermissions(after.permissions, datasetPermissions)
  if (target.kind === 'default' && after.permissions.length > 0)
    throw new AppError('access.default_ruleset_permissions', {})
  const rights = rightsOn(principal, datasetUid, await securityOf(trx, datasetUid))
  const more = after.permissions.find(
    (name) =>
      !(before?.permissions ?? []).includes(name) &&
      name !== 'explore_restricted_dataset' &&
      !rights.domain.has(name) &&
      !rights.own.has(name),
  )
  if (more !== undefined) throw new AppError('access.cannot_grant', { permission: more })
  if (after.filterQuery !== before?.filterQuery)
    await checkFilter(trx, datasetUid, after.filterQuery, clock.now())
}

/**
 * Against the fields as published, or as a text where there are none yet: a filter that means nothing would show
 * nobody anything, or everybody everything.
 */
async function checkFilter(
  trx: ControlDb,
  datasetUid: string,
  filterQuery: string,
  now: number,
): Promise<void> {
  if (filterQuery.trim() === '') return
  const publication = await findPublication(trx, datasetUid)
  const fields = publication ? (JSON.parse(publication.fields_json) as Field[]) : null
  const schema = recordSchema(fields ?? [], {
    datasetId: publication?.dataset_id ?? datasetUid,
    timestampMs: publication?.data_processed_at ?? now,
  })
  const result = prepareQuery({ where: [filterQuery], now }, schema)
  if (result.ok) return
  const error = result.errors.find(({ key }) => fields !== null || key !== 'odsql.unknown_field')
  if (error) throw new AppError('access.invalid_filter_query', { reason: error.message })
}

/** To the history, and to those who keep rulesets in memory. */
async function note(
  trx: ControlDb,
  { username, clock }: SecurityDeps,
  datasetUid: string,
  target: RulesetTarget,
  before: Ruleset | null,
  after: Ruleset | null,
): Promise<void> {
  const path = target.kind === 'default' ? ['default'] : [`${target.kind}s`, target.name]
  const security = diffValue(path, shown(before), shown(after))
  await recordChange(trx, { datasetUid, username, now: clock.now(), kind: 'edit', diff: { security } })
  await notify(trx, securityChannel, datasetUid)
  if (target.kind === 'default') await notePublicationShown(trx, datasetUid, clock.now())
}

function shown(ruleset: Ruleset | null): JsonObject | null {
  if (ruleset === null) return null
  return {
    is_data_visible: ruleset.isDataVisible,
    visible_fields: [...(ruleset.visibleFields ?? ['*'])],
    filter_query: ruleset.filterQuery,
    permissions: [...ruleset.permissions],
    api_calls_quota: ruleset.apiCallsQuota === null ? null : { ...ruleset.apiCallsQuota },
  }
}
