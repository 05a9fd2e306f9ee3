/** What a publish is ordered with beyond the dataset: a dry run, a generation to expose, judgements to set aside. */
import { type Configuration, readConfiguration } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { pipelineVersion } from '../ingest/index.ts'
import { AppError, type JsonObject, type Manifest } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'
import { joinedHashes } from './gather-datasets.ts'
import { knownSources } from './gather-sources.ts'
import { isUsable } from './is-usable.ts'
import { maxRecordsOf } from './max-records.ts'
import { computeRecipe, configurationDigest } from './recipe.ts'

export interface PublishOrder {
  readonly isDryRun: boolean
  /** A generation that is there already, to be exposed as it is. */
  readonly generationUid: string | null
  /** Show what a gate would hold. */
  readonly overridesGates: boolean
  /** Show the generation although the configuration would make another one now. */
  readonly overridesRecipe: boolean
}

/** From a job's parameters, which `checkPublishOrder` has let in. */
export function publishOrderOf(params: JsonObject): PublishOrder {
  const overrides = Array.isArray(params.override) ? params.override : []
  return {
    isDryRun: params.dry_run === true,
    generationUid: typeof params.generation_uid === 'string' ? params.generation_uid : null,
    overridesGates: overrides.includes('gates'),
    overridesRecipe: overrides.includes('recipe'),
  }
}

/** Refuses an order that cannot be carried out, before a job is made of it. Errors: those of `findExposable`. */
export async function checkPublishOrder(
  deps: ActionDeps,
  datasetUid: string,
  params: JsonObject,
): Promise<void> {
  const order = publishOrderOf(params)
  if (order.generationUid === null) return
  await findExposable(deps, await readConfiguration(deps.control.db, datasetUid), order)
}

export interface KeptGeneration {
  readonly generationUid: string
  readonly manifest: Manifest
}

/**
 * The generation that an order names.
 * Errors: checks.unknown_generation (also of another dataset: what may not be seen is not confirmed),
 * checks.generation_partial, checks.recipe_changed.
 */
export async function findExposable(
  deps: ActionDeps,
  configuration: Configuration,
  order: PublishOrder,
): Promise<KeptGeneration> {
  const generationUid = order.generationUid!
  const row = await deps.control.db
    .selectFrom('generations')
    .select(['manifest_json', 'is_partial', 'recipe', 'configuration_digest'])
    .where('generation_uid', '=', generationUid)
    .where('dataset_uid', '=', configuration.dataset.dataset_uid)
    .where('state', '=', 'sealed')
    .executeTakeFirst()
  if (!row || row.manifest_json === null) throw unknown(generationUid)
  const manifest = JSON.parse(row.manifest_json) as Manifest
  if (!(await isUsable(deps, generationUid, manifest))) throw unknown(generationUid)
  if (row.is_partial === 1) throw new AppError('checks.generation_partial', { generation_uid: generationUid })
  const isSame = order.overridesRecipe || (await isOfConfiguration(deps, configuration, row))
  if (!isSame) throw new AppError('checks.recipe_changed', { generation_uid: generationUid })
  return { generationUid, manifest }
}

function unknown(generationUid: string): AppError {
  return new AppError('checks.unknown_generation', { generation_uid: generationUid.slice(0, 60) })
}

/**
 * Whether the configuration still makes this generation. A source that has changed at its address is no change of the
 * configuration: exposing what was looked at in a dry run is what the order is for.
 */
async function isOfConfiguration(
  deps: ActionDeps,
  configuration: Configuration,
  generation: { readonly recipe: string; readonly configuration_digest: string | null },
): Promise<boolean> {
  if (generation.configuration_digest === configurationDigest(configuration)) return true
  // The same bytes under another file id, a step put back: another configuration, and the same records.
  const sources = await knownSources(deps, configuration.resources)
  const { processors, fieldSpecifications } = configuration
  const joined = await joinedHashes(deps.control.db, processors)
  if (sources === null || joined === null) return false
  const recipe = computeRecipe({
    pipelineVersion,
    sources,
    maxRecords: await maxRecordsOf(deps, configuration.dataset.owner),
    processors,
    fieldSpecifications,
    joined,
  })
  return recipe === generation.recipe
}

/**
 * Takes a generation for what the transaction makes of it, against the collector: of the two, one wins in the database.
 * `retiredAt`: null when it is exposed, else since when it waits. Errors: checks.unknown_generation when it is gone.
 */
export async function claimGeneration(
  trx: ControlDb,
  claim: {
    readonly generationUid: string
    readonly retiredAt: number | null
    /** Of the configuration it is found to be of; absent: what is known stays. */
    readonly configurationDigest?: string
  },
): Promise<void> {
  const digest =
    claim.configurationDigest === undefined ? {} : { configuration_digest: claim.configurationDigest }
  const claimed = await trx
    .updateTable('generations')
    .set((eb) => ({
      // A generation that readers have stays what it is.
      retired_at:
        claim.retiredAt === null
          ? null
          : eb.case().when('retired_at', 'is', null).then(null).else(claim.retiredAt).end(),
      ...digest,
    }))
    .where('generation_uid', '=', claim.generationUid)
    .where('state', '=', 'sealed')
    .returning('generation_uid')
    .executeTakeFirst()
  if (!claimed) throw unknown(claim.generationUid)
}
