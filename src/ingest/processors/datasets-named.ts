import type { ConfiguredStep, JsonObject } from '../../kernel/index.ts'
import { datasetNamed } from './processor.ts'
import { processors } from './processors.ts'

export interface NamedDataset {
  /** As the processor names it: `dataset_id` or `dataset_uid`. */
  readonly name: string
  /** Of the first that does. */
  readonly processorUid: string
  /** One of those that do wants to be run again when that dataset changes. */
  readonly republishes: boolean
}

/** The datasets that processors join, each once. Names of processors that are not known name none. */
export function datasetsNamed(steps: readonly ConfiguredStep[]): NamedDataset[] {
  const named = new Map<string, NamedDataset>()
  for (const { name: processor, processor_uid, args } of steps) {
    for (const spec of processors.get(processor)?.args ?? []) {
      if (spec.type !== 'dataset') continue
      const name = datasetNamed((args as JsonObject)[spec.name])
      if (name === undefined) continue
      const known = named.get(name)
      const republishes = known?.republishes === true || (args as JsonObject).republish_on_update === true
      named.set(name, { name, processorUid: known?.processorUid ?? processor_uid, republishes })
    }
  }
  return [...named.values()]
}
