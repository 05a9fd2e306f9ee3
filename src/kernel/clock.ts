/** The only source of time. Milliseconds since the epoch, UTC. */
export interface Clock {
  now(): number
}

// The one place where time enters the program: scripts/lint/no-ambient-clock.grit refuses it elsewhere.
export const systemClock: Clock = { now: () => Date.now() }

/** `YYYY-MM-DDTHH:MM:SS+00:00`, the form the management API prints (specification section 6.6). */
export function formatInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`
}
