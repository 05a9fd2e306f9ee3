import type { Scale } from './inputs/inputs.ts'
import type { Finding } from './report.ts'

export interface SectionOptions {
  readonly scale: Scale
  /** How often each side of a slow comparison runs. */
  readonly rounds: number
  /** Sizes of the table of the `explore` section, in copies of the city's table. */
  readonly millions: readonly number[]
  /** Beside whom the `explore` section asks, the engine by hand apart: `sqlite`, `postgresql`. Loading ten million takes them long. */
  readonly peers: readonly string[]
}

/** A part of the suite that can be run alone: it starts what it needs and leaves nothing behind. */
export type Section = (options: SectionOptions) => Promise<Finding[]>
