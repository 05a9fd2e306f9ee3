import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../kernel/index.ts'
import { type AttachedKind, attachedFacts } from './attached-rows.ts'
import type { Configuration } from './configuration.ts'
import { withoutSecrets } from './secrets.ts'

/** One difference between two states of a dataset. Management API section 9. */
export interface Difference {
  readonly path: readonly string[]
  readonly old_value: JsonValue
  readonly new_value: JsonValue
  readonly operation_type: 'create' | 'update' | 'delete'
}

/** Differences by section: `metadata`, `data`, `attachments`, `alternative_exports`, `security`, `identity`; of actions `publication` and `versions`. */
export type Diff = Readonly<Record<string, readonly Difference[]>>

/**
 * What differs between two configurations. Resources and steps are compared by uid: one that came or went is one
 * difference, one that changed has a difference per attribute. Values are compared whole and shown without secrets.
 */
export function diffConfigurations(before: Configuration, after: Configuration): Diff {
  return {
    metadata: diffNested(before.metas, after.metas, []),
    data: [
      ...diffList('resources', resourcesOf(before), resourcesOf(after)),
      ...diffList('processors', stepsOf(before.processors), stepsOf(after.processors)),
      ...diffList(
        'fields_specifications',
        stepsOf(before.fieldSpecifications),
        stepsOf(after.fieldSpecifications),
      ),
    ].map(({ path, old_value, new_value, operation_type }) => ({
      path,
      old_value: hidden(path, old_value),
      new_value: hidden(path, new_value),
      operation_type,
    })),
    attachments: diffList('attachments', attachedOf(before, 'attachment'), attachedOf(after, 'attachment')),
    alternative_exports: diffList(
      'alternative_exports',
      attachedOf(before, 'alternative_export'),
      attachedOf(after, 'alternative_export'),
    ),
    security: [
      ...diffValue(['visibility'], before.dataset.visibility, after.dataset.visibility),
      ...diffValue(
        ['public_versions'],
        before.dataset.has_public_versions === 1,
        after.dataset.has_public_versions === 1,
      ),
    ],
    identity: diffValue(['dataset_id'], before.dataset.dataset_id, after.dataset.dataset_id),
  }
}

/** A secret is known by its name, which is the end of the path. */
function hidden(path: readonly string[], value: JsonValue): JsonValue {
  const name = path.at(-1)!
  return (withoutSecrets({ [name]: value }) as JsonObject)[name]!
}

/** One value, null when it is not there. */
export function diffValue(path: readonly string[], before: JsonValue, after: JsonValue): Difference[] {
  if (isDeepStrictEqual(before, after)) return []
  const operation_type = before === null ? 'create' : after === null ? 'delete' : 'update'
  return [{ path, old_value: before, new_value: after, operation_type }]
}

/** `{template: {name: value}}`, a difference per name. */
export function diffNested(before: JsonObject, after: JsonObject, under: readonly string[]): Difference[] {
  return namesOf(before, after).flatMap((template) =>
    diffMembers(asObject(before[template]), asObject(after[template]), [...under, template]),
  )
}

function diffMembers(before: JsonObject, after: JsonObject, under: readonly string[]): Difference[] {
  return namesOf(before, after).flatMap((name) =>
    diffValue([...under, name], before[name] ?? null, after[name] ?? null),
  )
}

type Items = ReadonlyMap<string, JsonObject>

function resourcesOf({ resources }: Configuration): Items {
  return new Map(
    resources.map(({ resource_uid, url, title, type, params }) => [
      resource_uid,
      { url, title, type, params },
    ]),
  )
}

function stepsOf(steps: Configuration['processors']): Items {
  return new Map(
    steps.map(({ processor_uid, name, args, label }) => [
      processor_uid,
      { name, args: args as JsonValue, label: label ?? null },
    ]),
  )
}

function attachedOf({ attached = [] }: Configuration, kind: AttachedKind): Items {
  const own = attached.filter((file) => file.kind === kind)
  return new Map(own.map((file) => [file.attached_uid, attachedFacts(file)]))
}

function diffList(list: string, before: Items, after: Items): Difference[] {
  const differences: Difference[] = []
  for (const [uid, item] of before) {
    const now = after.get(uid)
    if (now) differences.push(...diffItem(item, now, [list, uid]))
    else differences.push(...diffValue([list, uid], item, null))
  }
  for (const [uid, item] of after)
    if (!before.has(uid)) differences.push(...diffValue([list, uid], null, item))
  const order = (items: Items, others: Items) => [...items.keys()].filter((uid) => others.has(uid))
  return [...differences, ...diffValue([list, 'order'], order(before, after), order(after, before))]
}

/** Attributes; parameters and arguments one by one. */
function diffItem(before: JsonObject, after: JsonObject, under: readonly string[]): Difference[] {
  return namesOf(before, after).flatMap((name) => {
    const [was, is] = [before[name] ?? null, after[name] ?? null]
    return isPlain(was) && isPlain(is)
      ? diffMembers(was, is, [...under, name])
      : diffValue([...under, name], was, is)
  })
}

function namesOf(before: JsonObject, after: JsonObject): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
}

function isPlain(value: JsonValue | undefined): value is JsonObject {
  return value !== null && value !== undefined && typeof value === 'object' && !Array.isArray(value)
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isPlain(value) ? value : {}
}

const maxDifferences = 100
const maxValueCharacters = 1000
const shownCharacters = 200

/** As it is kept: at most 100 differences, values of at most 1,000 characters of JSON, longer ones as a start and a digest. */
export function boundedDiff(diff: Diff): { diff: Record<string, Difference[]>; omittedCount: number } {
  const bounded: Record<string, Difference[]> = {}
  let room = maxDifferences
  let omittedCount = 0
  for (const [section, differences] of Object.entries(diff)) {
    if (differences.length === 0) continue
    const kept = differences.slice(0, room)
    room -= kept.length
    omittedCount += differences.length - kept.length
    bounded[section] = kept.map((difference) => ({
      ...difference,
      old_value: boundedValue(difference.old_value),
      new_value: boundedValue(difference.new_value),
    }))
  }
  return { diff: bounded, omittedCount }
}

function boundedValue(value: JsonValue): JsonValue {
  const text = JSON.stringify(value)
  if (text.length <= maxValueCharacters) return value
  return {
    truncated: true,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    start: text.slice(0, shownCharacters),
  }
}
