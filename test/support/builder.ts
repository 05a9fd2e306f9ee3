/** Runs the real builder on real files, for tests: in this process, or as the process that it is. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { runTask } from '../../src/ingest/builder/run-task.ts'
import { type Builder, createBuilderHost } from '../../src/ingest/index.ts'
import type { LookupHost } from '../../src/ingest/processors/lookups.ts'
import type { BuilderEvent, BuildPlan, ErrorValue, JsonObject, Manifest } from '../../src/kernel/index.ts'

export interface SourceSpec {
  readonly path: string
  readonly filename?: string
  readonly extractor: string
  readonly params?: JsonObject
}

export interface Built {
  readonly manifest: Manifest | null
  readonly error: ErrorValue | null
  readonly events: readonly BuilderEvent[]
  readonly plan: BuildPlan
}

export function tempDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Writes bytes to a file and names it as a source. */
export function sourceOf(
  t: TestContext,
  name: string,
  content: string | Buffer,
  extractor: string,
  params: JsonObject = {},
): SourceSpec {
  const path = join(tempDirectory(t), name)
  writeFileSync(path, content)
  return { path, filename: name, extractor, params }
}

export type PlanChanges = Partial<Pick<BuildPlan, 'processors' | 'fieldSpecifications' | 'datasets'>> & {
  readonly limits?: Partial<BuildPlan['limits']>
}

export function makePlan(
  directory: string,
  sources: readonly SourceSpec[],
  changes: PlanChanges = {},
): BuildPlan {
  const generation = join(directory, 'generation')
  const tmp = join(directory, 'tmp')
  const serving = join(directory, 'serving')
  for (const path of [generation, tmp, serving]) mkdirSync(path, { recursive: true })
  return {
    datasetUid: 'da_test00',
    generationUid: 'ge_test00',
    recipe: 'r',
    directory: generation,
    servingFile: join(serving, 'ge_test00.duckdb'),
    tmpDirectory: tmp,
    createdAt: '2031-01-01T00:00:00.000Z',
    sources: sources.map((source, index) => ({
      resourceUid: `re_${index}`,
      title: '',
      filename: source.filename ?? basename(source.path),
      path: source.path,
      sha256: '0'.repeat(64),
      bytes: statSync(source.path).size,
      extractor: source.extractor,
      params: source.params ?? {},
    })),
    processors: changes.processors ?? [],
    fieldSpecifications: changes.fieldSpecifications ?? [],
    ...(changes.datasets ? { datasets: changes.datasets } : {}),
    limits: {
      memoryLimitMb: 500,
      threads: 2,
      maxRecords: null,
      maxSourceBytes: 2 ** 34,
      sliceBytes: 16 << 20,
      maxErrorSamples: 100,
      ...changes.limits,
    },
  }
}

/** Builds in this process, from sources and what differs from the usual plan. */
export function runBuild(
  t: TestContext,
  sources: readonly SourceSpec[],
  changes: PlanChanges = {},
): Promise<Built> {
  return runPlan(makePlan(tempDirectory(t), sources, changes))
}

/**
 * Builds in this process: enough where the content of files decides, and a process of its own costs several times what a
 * small build does.
 */
export async function runPlan(plan: BuildPlan): Promise<Built> {
  const events: BuilderEvent[] = []
  // As it comes through the channel of a process.
  const emit = (message: unknown) => events.push(JSON.parse(JSON.stringify(message)) as BuilderEvent)
  await runTask({ kind: 'build', plan }, emit, withoutNetwork)
  return builtOf(plan, events)
}

/** Of a build that nobody stops and that has nobody to ask. */
export const withoutNetwork: LookupHost = {
  stop: new AbortController().signal,
  ask: (service) => Promise.reject(new Error(`nobody answers for ${service}`)),
}

/** Builds in a builder process, which `onEvent` may seal or kill. */
export async function runBuilder(
  t: TestContext,
  plan: BuildPlan,
  onEvent: (event: BuilderEvent, builder: Builder) => void = () => {},
): Promise<Built> {
  const events: BuilderEvent[] = []
  const builder: Builder = createBuilderHost().build(plan, {
    onEvent: (event) => {
      events.push(event)
      onEvent(event, builder)
    },
  })
  t.after(() => builder.kill())
  await builder.exited
  return builtOf(plan, events)
}

function builtOf(plan: BuildPlan, events: readonly BuilderEvent[]): Built {
  const sealed = events.find((event) => event.kind === 'sealed')
  const failed = events.find((event) => event.kind === 'failed')
  return { plan, events, manifest: sealed?.manifest ?? null, error: failed?.error ?? null }
}
