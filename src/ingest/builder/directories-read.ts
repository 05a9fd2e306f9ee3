import { dirname } from 'node:path'
import type { BuildPlan, BuildSource } from '../../kernel/index.ts'

/** Where the sources lie, and the datasets that processors join. */
export function directoriesRead(plan: {
  readonly sources: readonly BuildSource[]
  readonly datasets?: BuildPlan['datasets']
}): ReadonlySet<string> {
  const joined = Object.values(plan.datasets ?? {}).flatMap(({ parts }) => parts)
  return new Set([...plan.sources.map(({ path }) => path), ...joined].map((path) => dirname(path)))
}
