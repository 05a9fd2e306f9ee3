import type { MapFacts } from './env.ts'

/** web/build/manifest.json, as scripts/ensure-web.cjs writes it. */
export interface Manifest {
  readonly hash: string
  /** Source, below web/ -> its address and those of what it imports at once. */
  readonly chunks: Readonly<Record<string, readonly string[]>>
  readonly maplibre: string
  readonly basemap: MapFacts['basemap']
}
