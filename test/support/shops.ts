/** The table `shops` of the language's conformance section, built by the real builder and read by the real engine. */
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createFairQueue, createPool, openEngines, type Pool } from '../../src/engine/index.ts'
import type { BuildPlan, ConfiguredStep, JsonObject, Manifest } from '../../src/kernel/index.ts'
import type { QueryText } from '../../src/odsql/index.ts'
import {
  createFacets,
  createGenerationStore,
  createRecords,
  type Facets,
  type GenerationStore,
  type Publication,
  parsedRows,
  type Records,
  wholePublication,
} from '../../src/records/index.ts'
import { makePlan, type PlanChanges, runPlan, type SourceSpec, sourceOf, tempDirectory } from './builder.ts'

export const shopsCsv = `id;name;city;tags;price;qty;opened;seen_at;active;lat;lon
1;Café de la Gare;Lyon;coffee,bar;4.5;12;2019-03-01;2024-01-05T08:30:00Z;true;45.7606;4.86
2;Boulangerie Élan;Lyon;bread;1.2;80;2015-11-20;2024-01-05T23:30:00Z;true;45.764;4.8357
3;The Book of Secrets;Paris;books,rare;25;3;2001-02-28;2024-02-29T12:00:00Z;false;48.8566;2.3522
4;Book Nook;Paris;books;8.75;15;2010-06-15;2024-03-31T01:15:00Z;true;48.8606;2.3376
5;Marché Saint-Pierre;Paris;fabric,rare;;40;1949-05-01;;true;48.8847;2.3439
6;Quai des Livres;Nantes;books;12;7;2018-09-09;2023-12-31T23:59:59Z;false;47.2184;-1.5536
7;Fish & Co;Nantes;fish;18.4;;2020-01-01;2024-01-01T00:00:00Z;true;47.21;-1.56
8;Zwölf;Köln;coffee;3.9;22;2012-12-12;2024-06-30T22:00:00Z;true;50.9375;6.9603
9;Don't Panic;London;books,coffee;6.42;42;1979-10-12;2024-05-25T10:42:00Z;true;51.5074;-0.1278
10;;Köln;;0;0;;;false;;
11;film club;Lyon;film;10;5;2022-07-14;2024-07-14T20:00:00Z;true;45.7485;4.8467
12;Filmothèque;Paris;film,rare;9.5;9;2022-07-14;2024-07-14T18:45:00Z;;48.8494;2.3428
`

const step = (name: string, args: JsonObject, index: number): ConfiguredStep => ({
  processor_uid: `pr_${index}`,
  name,
  args,
})

export const shopsPlan: PlanChanges = {
  processors: [step('create_geopoint', { latitude: 'lat', longitude: 'lon', output_field: 'place' }, 0)],
  fieldSpecifications: [
    step('annotate', { field: 'tags', annotation: 'multivalued', args: [','] }, 1),
    step('annotate', { field: 'city', annotation: 'facet', args: [] }, 2),
    step('type', { field: 'price', type: 'double' }, 3),
    step('delete', { field: 'lat' }, 4),
    step('delete', { field: 'lon' }, 5),
  ],
}

/** The same for a server to publish. */
export const shopsDataset = {
  filename: 'shops.csv',
  content: shopsCsv,
  extractor: 'csvfile',
  processors: shopsPlan.processors ?? [],
  fieldSpecifications: shopsPlan.fieldSpecifications ?? [],
}

/** One generation, read through its serving file, or through its parts alone. */
export interface Reader {
  readonly records: Records
  readonly facets: Facets
  readonly publication: Publication
  readonly pool: Pool
  readonly store: GenerationStore
  /** Rows as values. */
  rows(clauses: Clauses): Promise<Record<string, unknown>[]>
}

export interface Clauses extends Partial<Omit<QueryText, 'where'>> {
  readonly where?: string | readonly string[]
  readonly limit?: number
  readonly offset?: number
}

export const requestTime = Date.UTC(2024, 6, 20, 15, 30, 45, 123)

/** A generation that is open twice: `indexed` has postings, `scanned` has none. */
export interface OpenGeneration {
  readonly indexed: Reader
  readonly scanned: Reader
  readonly manifest: Manifest
  readonly directories: { readonly generations: string; readonly serving: string }
}

export interface ToBuild {
  readonly sources: readonly SourceSpec[]
  readonly changes?: PlanChanges
}

/** Builds a generation and opens it. */
export async function openBoth(
  t: TestContext,
  sources: readonly SourceSpec[],
  changes: PlanChanges = {},
): Promise<OpenGeneration> {
  return (await openTogether(t, [{ sources, changes }]))[0]!
}

/** Builds generations of one dataset, which the same engine reads. */
export async function openTogether(
  t: TestContext,
  builds: readonly ToBuild[],
): Promise<readonly OpenGeneration[]> {
  const root = tempDirectory(t)
  const generations = join(root, 'generations')
  const serving = join(root, 'serving')
  const nothing = join(root, 'nothing')
  for (const directory of [generations, serving, nothing]) mkdirSync(directory)
  const built: { readonly plan: BuildPlan; readonly manifest: Manifest }[] = []
  for (const [index, { sources, changes }] of builds.entries()) {
    const made = makePlan(tempDirectory(t), sources, changes)
    const { manifest, error, plan } = await runPlan({ ...made, generationUid: `ge_test0${index}` })
    if (!manifest) throw new Error(`the build failed: ${JSON.stringify(error)}`)
    renameSync(plan.directory, join(generations, plan.generationUid))
    renameSync(plan.servingFile, join(serving, `${plan.generationUid}.duckdb`))
    built.push({ plan, manifest })
  }
  const engines = await openEngines({
    memoryLimitMb: 500,
    threads: 2,
    niceness: 5,
    tempDirectory: root,
    allowedDirectories: [generations, serving],
  })
  const waiting = { maxWaitingOfClient: 100, maxWaiting: 100, stopwatch: () => 0 }
  const pool = createPool(engines, createFairQueue({ slots: 4, longSlots: 2, ...waiting }))
  const publications = built.map(({ plan, manifest }) => {
    const row = {
      dataset_uid: plan.datasetUid,
      dataset_id: 'shops',
      generation_uid: plan.generationUid,
      data_processed_at: requestTime,
    } as Publication['row']
    return wholePublication(row, manifest.fields)
  })
  const open = (servingDirectory: string): Reader[] => {
    const store = createGenerationStore({
      engines: [engines.short, engines.long],
      generationsDirectory: generations,
      servingDirectory,
    })
    const deps = { pool, store, queryTimeoutMs: 20_000, stopwatch: () => 0 }
    const records = createRecords(deps)
    const facets = createFacets(deps)
    return publications.map((publication) => ({
      records,
      facets,
      publication,
      pool,
      store,
      async rows({ where = [], limit = 100, offset = 0, ...text }) {
        const request = {
          text: { now: requestTime, ...text, where: typeof where === 'string' ? [where] : where },
          limit,
          offset,
          includeAppMetas: false,
        }
        const answer = await records.query(publication, request)
        return parsedRows(answer)
      },
    }))
  }
  const indexed = open(serving)
  const scanned = open(nothing)
  t.after(() => {
    for (const [first] of [indexed, scanned]) first!.store.close()
    pool.close()
    engines.short.close()
    engines.long.close()
  })
  return built.map(({ manifest }, at) => ({
    indexed: indexed[at]!,
    scanned: scanned[at]!,
    manifest,
    directories: { generations, serving },
  }))
}

export const openShops = (t: TestContext) =>
  openBoth(t, [sourceOf(t, 'shops.csv', shopsCsv, 'csvfile')], shopsPlan)
