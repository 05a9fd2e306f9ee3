/**
 * What a reader sees of a dataset, from the rules for that reader. Management API section 18; docs/security.md.
 *
 * Rules add up: at a record, a field is seen if a rule that admits the record shows the field. A rule that shows no data, or
 * none of the fields that there are, admits nothing.
 */
import { createHash } from 'node:crypto'
import type { Field } from '../../kernel/index.ts'

export interface DataRules {
  /** False: metadata and the list of fields only. */
  readonly isDataVisible: boolean
  /** Names; null: all, also those to come. */
  readonly visibleFields: readonly string[] | null
  /** An ODSQL condition; empty: all records. */
  readonly filterQuery: string
}

/** Who reads, as far as one dataset is concerned. */
export interface Reader {
  /** Any of them is enough; null: everything is seen, whatever is published. */
  readonly rules: readonly DataRules[] | null
  /** Whether everybody sees the same: answers may be kept for all. */
  readonly isPublic: boolean
  /** Time of the request, for filters that say now(). Milliseconds. */
  readonly nowMs: number
  /** What record ids are keyed with where a field they may be made of is hidden. */
  readonly idKey: string
}

/** Of the records that any of the filters admits, the fields named. */
export interface DataGrant {
  /** ODSQL; null: all records. */
  readonly filters: readonly string[] | null
  readonly names: ReadonlySet<string>
}

/** What is seen of one generation. */
export interface ReaderView {
  /** The same for the same rules, on any generation. */
  readonly key: string
  readonly isDataVisible: boolean
  /** All fields of the generation: filters may speak of hidden ones. */
  readonly allFields: readonly Field[]
  /** Places of the visible fields among them. */
  readonly positions: readonly number[]
  readonly grants: readonly DataGrant[]
  readonly hasAllRecords: boolean
  /** Null: record ids stay what they are. */
  readonly idKey: string | null
  /** A filter says now(): what is seen changes without a publish. */
  readonly dependsOnTime: boolean
  readonly nowMs: number
}

const isEverything = (rule: DataRules) =>
  rule.isDataVisible && rule.visibleFields === null && rule.filterQuery.trim() === ''

/** Null where everything is seen. `fields`: of the generation. */
export function viewOf(reader: Reader, fields: readonly Field[]): ReaderView | null {
  const { rules, nowMs, idKey } = reader
  if (rules === null || rules.some(isEverything)) return null
  const readable = rules.filter(({ isDataVisible }) => isDataVisible)
  const isDataVisible = readable.length > 0
  // The list of fields is that of the data; where there is none to see, that of all rules.
  const listing = isDataVisible ? readable : rules
  const names = new Set(fields.map(({ name }) => name).filter((name) => listing.some(shows(name))))
  const grants = grantsOf(readable, fields)
  const hasAllRecords = grants.some(({ filters }) => filters === null)
  const isWhole = hasAllRecords && grants.length === 1 && names.size === fields.length
  if (isWhole) return null
  return {
    key: keyOfRules(rules),
    isDataVisible,
    allFields: fields,
    positions: fields.flatMap(({ name }, index) => (names.has(name) ? [index] : [])),
    grants,
    hasAllRecords,
    idKey: tellsOfHidden(fields, grants) ? idKey : null,
    dependsOnTime: grants.some(({ filters }) => (filters ?? []).some((filter) => /\bnow\b/i.test(filter))),
    nowMs,
  }
}

/** The fields that the view shows. */
export function fieldsSeen(view: ReaderView | null, fields: readonly Field[]): readonly Field[] {
  return view === null ? fields : view.positions.map((index) => fields[index]!)
}

/** Digest of rules, in whatever order they come; empty where they are everything. */
export function keyOfRules(rules: readonly DataRules[] | null): string {
  if (rules === null || rules.some(isEverything)) return ''
  const texts = rules.map(({ isDataVisible, visibleFields, filterQuery }) =>
    JSON.stringify([isDataVisible, visibleFields?.toSorted() ?? null, filterQuery.trim()]),
  )
  return createHash('sha256')
    .update(JSON.stringify([...new Set(texts)].sort()))
    .digest('base64url')
    .slice(0, 22)
}

const shows = (name: string) => (rule: DataRules) =>
  rule.visibleFields === null || rule.visibleFields.includes(name)

/** As few as say the same: what grants have in common is compiled once. */
function grantsOf(rules: readonly DataRules[], fields: readonly Field[]): DataGrant[] {
  const byFilter = new Map<string, Set<string>>()
  for (const rule of rules) {
    const filter = rule.filterQuery.trim()
    const names = byFilter.get(filter) ?? new Set()
    for (const { name } of fields) if (shows(name)(rule)) names.add(name)
    byFilter.set(filter, names)
  }
  const everywhere = byFilter.get('') ?? new Set()
  const byNames = new Map<string, { filters: string[] | null; names: Set<string> }>()
  for (const [filter, names] of [...byFilter].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (names.size === 0 || (filter !== '' && [...names].every((name) => everywhere.has(name)))) continue
    const key = [...names].sort().join('\n')
    const same = byNames.get(key)
    if (same) same.filters?.push(filter)
    else byNames.set(key, { filters: filter === '' ? null : [filter], names })
  }
  return [...byNames.values()]
}

/**
 * Whether record ids may be made of something that is hidden: of a hidden id field, or of any field where no field is marked as
 * id (docs/architecture.md).
 */
function tellsOfHidden(fields: readonly Field[], grants: readonly DataGrant[]): boolean {
  const marked = fields.filter(({ annotations }) => Object.hasOwn(annotations, 'id'))
  const made = marked.length > 0 ? marked : fields
  return grants.some(({ names }) => made.some(({ name }) => !names.has(name)))
}
