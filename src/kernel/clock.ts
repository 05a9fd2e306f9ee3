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

/** The same instant as clocks of an IANA zone show it, with that zone's offset: `2031-05-09T12:00:00+02:00`. */
export function formatInstantIn(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours = '00', minutes = '00'] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? []
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  const shown = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19)
  return `${shown}${sign ?? '+'}${hours}:${minutes}`
}
