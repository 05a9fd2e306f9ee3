/** Datasets for processors to join, built by the real builder. */
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { JoinedDataset, JsonObject } from '../../src/kernel/index.ts'
import { type Built, type PlanChanges, runBuild, type SourceSpec, sourceOf } from './builder.ts'
import { sealedManifest } from './parts.ts'

/** A built generation as a build that joins it is given it. */
export function joinedOf(built: Built, datasetId: string): JoinedDataset {
  const manifest = sealedManifest(built)
  return {
    datasetUid: `da_${datasetId}`,
    datasetId,
    generationUid: manifest.generation_uid,
    contentHash: manifest.content_hash,
    fields: manifest.fields,
    parts: manifest.parts.map(({ file }) => join(built.plan.directory, file)),
  }
}

export async function buildJoined(
  t: TestContext,
  datasetId: string,
  source: SourceSpec,
  changes: PlanChanges = {},
): Promise<JoinedDataset> {
  return joinedOf(await runBuild(t, [source], changes), datasetId)
}

/** The datasets of a processor's example. */
export async function buildExamples(
  t: TestContext,
  datasets: Readonly<Record<string, readonly JsonObject[]>> = {},
): Promise<Record<string, JoinedDataset>> {
  const built = Object.entries(datasets).map(async ([name, records]) => {
    const lines = records.map((record) => JSON.stringify(record)).join('\n')
    return [name, await buildJoined(t, name, sourceOf(t, `${name}.jsonl`, lines, 'jsonl'))] as const
  })
  return Object.fromEntries(await Promise.all(built))
}
