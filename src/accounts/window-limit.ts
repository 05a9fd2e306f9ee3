import { AppError, type Clock } from '../kernel/index.ts'

const maxCounted = 20_000

/**
 * Lets somebody do something `max` times within a window that begins with the first time. In memory: a restart forgets.
 * Errors of what it answers: access.too_many_requests.
 */
export function createWindowLimit(
  clock: Clock,
  { max, windowMs }: { readonly max: number; readonly windowMs: number },
): (who: string) => void {
  const windows = new Map<string, { count: number; endsAt: number }>()
  return (who) => {
    const now = clock.now()
    const known = windows.get(who)
    const window = known && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs }
    if (window.count >= max) {
      const retryAfterSeconds = Math.ceil((window.endsAt - now) / 1000)
      throw new AppError('access.too_many_requests', { max, retryAfterSeconds })
    }
    window.count++
    windows.delete(who)
    windows.set(who, window)
    if (windows.size > maxCounted) windows.delete(windows.keys().next().value!)
  }
}
