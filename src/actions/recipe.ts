import { createHash } from 'node:crypto'
import { type Configuration, withoutSealed } from '../catalog/index.ts'
import { pipelineVersion } from '../ingest/index.ts'
import type { BuildSource, ConfiguredStep } from '../kernel/index.ts'
import { isPresentation, withoutPresentation } from './presentation.ts'

export interface RecipeInput {
  readonly pipelineVersion: number
  readonly sources: readonly BuildSource[]
  readonly processors: readonly ConfiguredStep[]
  readonly fieldSpecifications: readonly ConfiguredStep[]
  readonly maxRecords: number | null
  /** Content hashes of the datasets that processors join, by what they name them. */
  readonly joined: Readonly<Record<string, string>>
}

/**
 * The recipe of a generation: everything that decides its records, as a hash. Same recipe, same generation: a publish
 * that changes nothing, or only metadata, labels or descriptions, reuses what is there. How the work is cut into parts,
 * where files lie and what resources are called does not count.
 */
export function computeRecipe(input: RecipeInput): string {
  const essence = {
    pipelineVersion: input.pipelineVersion,
    maxRecords: input.maxRecords,
    sources: input.sources.map((source) => ({
      sha256: source.sha256,
      extractor: source.extractor,
      params: source.params,
      // The file's name tells the format where the parameters leave it open, and may become a column.
      filename: source.filename,
      ...(source.deleted?.length ? { deleted: source.deleted } : {}),
    })),
    processors: input.processors.map(({ name, args }) => ({ name, args })),
    fieldSpecifications: essentialSteps(input.fieldSpecifications),
    // Left out where there is none: the recipes of generations that are there stay what they are.
    ...(Object.keys(input.joined).length > 0 ? { joined: input.joined } : {}),
  }
  return createHash('sha256').update(canonicalJson(essence)).digest('hex')
}

/**
 * A digest of what the configuration contributes to a recipe: addresses and parameters of resources, and the steps. As
 * long as it is the same, only the sources themselves can have changed.
 */
export function configurationDigest(configuration: Configuration): string {
  const essence = {
    pipelineVersion,
    // A secret that is given again is sealed another way, and opens the same records.
    resources: configuration.resources.map(({ url, type, params }) => ({
      url,
      type,
      params: withoutSealed(params),
    })),
    processors: configuration.processors.map(({ name, args }) => ({ name, args })),
    fieldSpecifications: essentialSteps(configuration.fieldSpecifications),
  }
  return createHash('sha256').update(canonicalJson(essence)).digest('hex')
}

function essentialSteps(steps: readonly ConfiguredStep[]) {
  return withoutPresentation(steps)
    .filter((step) => !isPresentation(step))
    .map(({ name, args }) => ({ name, args }))
}

/** JSON with sorted keys: the same value gives the same text however it was put together. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
