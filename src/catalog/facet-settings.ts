/**
 * Facets as one list per dataset. They are stored as annotations among the field specifications (Management API section
 * 15); the Automation API shows them as metadata (its sections 5 and 9). One store, two views.
 */
import { among, type ControlDb } from '../control/index.ts'
import type { ConfiguredStep, JsonObject } from '../kernel/index.ts'
import { toStep } from './configuration.ts'
import { type EditorDeps, editDataset } from './edit-dataset.ts'

/** Annotations of a field that say how it is a facet. */
export const facetAnnotations: readonly string[] = ['facet', 'facetsort', 'disjunctive', 'timerangeFilter']

export interface FacetSetting {
  /** As the field is called in the end. */
  readonly fieldName: string
  /** `count`, `-count`, `alphanum`, `-alphanum`, `num` or `-num`; null: the server's order. */
  readonly sort: string | null
  readonly isDisjunctive: boolean
  /** Filtered by a range of time. */
  readonly isTimerange: boolean
}

const isFacetStep = (step: Pick<ConfiguredStep, 'name' | 'args'>): boolean =>
  step.name === 'annotate' && facetAnnotations.includes(String((step.args as JsonObject).annotation))

/** The facets that the steps of the stack make, in the order in which they are first named. */
export function facetsOf(steps: readonly ConfiguredStep[]): FacetSetting[] {
  const found = new Map<string, Map<string, string | null>>()
  for (const step of steps) {
    const args = step.args as JsonObject
    if (step.name === 'rename') {
      const from = String(args.from_name)
      const to = String(args.to_name || args.from_name)
      const known = found.get(from)
      if (!known || to === from) continue
      found.delete(from)
      found.set(to, known)
    } else if (step.name === 'delete') found.delete(String(args.field))
    else if (isFacetStep(step)) {
      const field = String(args.field)
      const known = found.get(field) ?? new Map<string, string | null>()
      const [value] = Array.isArray(args.args) ? args.args : []
      found.set(field, known.set(String(args.annotation), typeof value === 'string' ? value : null))
    }
  }
  return [...found]
    .filter(([, annotations]) => annotations.has('facet'))
    .map(([fieldName, annotations]) => ({
      fieldName,
      sort: annotations.get('facetsort') ?? null,
      isDisjunctive: annotations.has('disjunctive'),
      isTimerange: annotations.has('timerangeFilter'),
    }))
}

/** The facets of several datasets, by uid. */
export async function listFacets(
  db: ControlDb,
  datasetUids: readonly string[],
): Promise<Map<string, FacetSetting[]>> {
  const found = new Map<string, FacetSetting[]>()
  if (datasetUids.length === 0) return found
  const rows = await db
    .selectFrom('steps')
    .selectAll()
    .where('stack', '=', 'field_specification')
    .where(among('dataset_uid', datasetUids))
    .orderBy('position')
    .execute()
  const byDataset = Map.groupBy(rows, ({ dataset_uid }) => dataset_uid)
  for (const [datasetUid, steps] of byDataset) found.set(datasetUid, facetsOf(steps.map(toStep)))
  return found
}

/** Puts these facets in the place of all that there are: at the end of the stack, where fields have their last names. */
export async function replaceFacets(
  deps: EditorDeps,
  datasetUid: string,
  facets: readonly FacetSetting[],
): Promise<void> {
  await editDataset(deps, datasetUid, 'edit', async (trx, { fieldSpecifications }) => {
    if (JSON.stringify(facetsOf(fieldSpecifications)) === JSON.stringify(facets)) return
    const gone = fieldSpecifications.filter(isFacetStep).map(({ processor_uid }) => processor_uid)
    if (gone.length > 0) await trx.deleteFrom('steps').where('processor_uid', 'in', gone).execute()
    const last = await trx
      .selectFrom('steps')
      .select((eb) => eb.fn.max('position').as('position'))
      .where('dataset_uid', '=', datasetUid)
      .where('stack', '=', 'field_specification')
      .executeTakeFirst()
    const first = Number(last?.position ?? -1) + 1
    for (const [index, args] of facets.flatMap(annotationsOf).entries()) {
      await trx
        .insertInto('steps')
        .values({
          processor_uid: deps.ids.uid('pr'),
          dataset_uid: datasetUid,
          stack: 'field_specification',
          position: first + index,
          name: 'annotate',
          args_json: JSON.stringify(args),
          label: null,
        })
        .execute()
    }
  })
}

function annotationsOf({ fieldName, sort, isDisjunctive, isTimerange }: FacetSetting): JsonObject[] {
  const annotate = (annotation: string, args: string[] = []): JsonObject => ({
    field: fieldName,
    annotation,
    ...(args.length > 0 ? { args } : {}),
  })
  return [
    annotate('facet'),
    ...(sort === null ? [] : [annotate('facetsort', [sort])]),
    ...(isDisjunctive ? [annotate('disjunctive')] : []),
    ...(isTimerange ? [annotate('timerangeFilter')] : []),
  ]
}
