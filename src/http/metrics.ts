import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type FairQueue, type RefusalReason, type WorkKind, workKinds } from '../engine/index.ts'

/** What `GET /metrics` shows, in Prometheus' text format. Routes are patterns: the number of series is bounded. */
export interface Metrics {
  render(): Promise<string>
  observeRequest(route: string, method: string, status: number, seconds: number): void
  observeResponseCache(outcome: 'hit' | 'miss'): void
  /** `kind`: serving_file, part or manifest. */
  observeDamage(kind: string): void
  observeJob(name: string, outcome: 'done' | 'error' | 'left', seconds: number): void
  observeTurn(kind: WorkKind, waitedSeconds: number): void
  observeQueueRefused(kind: WorkKind, reason: RefusalReason): void
  /** A request answered 429, by the key of its error. */
  observeRefused(error: string): void
}

export interface MetricsSources {
  /** Jobs by state. */
  jobs(): Promise<Readonly<Record<string, number>>>
  /** Published datasets. */
  publications(): Promise<number>
  runningJobs(): number
  /** Bytes of answers kept for repeated questions. */
  responseCacheBytes(): number
  queue: Pick<FairQueue, 'running' | 'waiting'>
  openExports(): number
}

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'broadsheet_http_request_duration_seconds',
    help: 'Time to the end of an answer',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  })
  const jobs = new Counter({
    name: 'broadsheet_jobs_finished_total',
    help: 'Jobs that this process let go of',
    labelNames: ['function', 'outcome'],
    registers,
  })
  const jobSeconds = new Histogram({
    name: 'broadsheet_job_duration_seconds',
    help: 'Time of a job from claim to end',
    labelNames: ['function'],
    buckets: [0.05, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000],
    registers,
  })
  const damage = new Counter({
    name: 'broadsheet_damaged_files_total',
    help: 'Damaged files that readers met; none of them was served',
    labelNames: ['kind'],
    registers,
  })
  new Gauge({
    name: 'broadsheet_jobs',
    help: 'Jobs kept, by state',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset()
      for (const [state, count] of Object.entries(await sources.jobs())) this.set({ state }, count)
    },
  })
  new Gauge({
    name: 'broadsheet_published_datasets',
    help: 'Datasets that readers can see',
    registers,
    async collect() {
      this.set(await sources.publications())
    },
  })
  new Gauge({
    name: 'broadsheet_running_jobs',
    help: 'Jobs that run in this process',
    registers,
    collect() {
      this.set(sources.runningJobs())
    },
  })

  const cacheAsked = new Counter({
    name: 'broadsheet_response_cache_total',
    help: 'Questions that could be answered from the response cache, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  new Gauge({
    name: 'broadsheet_response_cache_bytes',
    help: 'Bytes of answers kept for repeated questions',
    registers,
    collect() {
      this.set(sources.responseCacheBytes())
    },
  })
  for (const state of ['waiting', 'running'] as const) {
    new Gauge({
      name: `broadsheet_queue_${state}`,
      help: `Queries and slices of exports that are ${state}, by class`,
      labelNames: ['class'],
      registers,
      collect() {
        for (const kind of workKinds) this.set({ class: kind }, sources.queue[state](kind))
      },
    })
  }
  const waits = new Histogram({
    name: 'broadsheet_queue_wait_seconds',
    help: 'Time that queries and slices of exports waited for their turn, by class',
    labelNames: ['class'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120],
    registers,
  })
  const queueRefused = new Counter({
    name: 'broadsheet_queue_refused_total',
    help: 'Queries and slices refused because too many waited: of the client, or of all',
    labelNames: ['class', 'reason'],
    registers,
  })
  const refused = new Counter({
    name: 'broadsheet_refused_requests_total',
    help: 'Requests answered 429, by error',
    labelNames: ['error'],
    registers,
  })
  new Gauge({
    name: 'broadsheet_open_exports',
    help: 'Exports whose readers have not taken all of them yet',
    registers,
    collect() {
      this.set(sources.openExports())
    },
  })

  return {
    observeTurn: (kind, waitedSeconds) => waits.observe({ class: kind }, waitedSeconds),
    observeQueueRefused: (kind, reason) => queueRefused.inc({ class: kind, reason }),
    observeRefused: (error) => refused.inc({ error }),
    observeResponseCache: (outcome) => cacheAsked.inc({ outcome }),
    render: () => registry.metrics(),
    observeRequest: (route, method, status, seconds) =>
      requests.observe({ route, method, status: String(status) }, seconds),
    observeDamage: (kind) => damage.inc({ kind }),
    observeJob(name, outcome, seconds) {
      jobs.inc({ function: name, outcome })
      if (outcome === 'done') jobSeconds.observe({ function: name }, seconds)
    },
  }
}
