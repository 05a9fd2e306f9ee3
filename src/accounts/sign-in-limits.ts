/**
 * Limits on guessing. Failures are counted three ways, each with a wait that doubles with every further failure:
 *
 * | counted by | free failures | longest wait | so that |
 * | --- | --- | --- | --- |
 * | user and network | `failures` | 15 minutes | one place cannot try many passwords of one user |
 * | network | ten times that | 15 minutes | one place cannot try one password of many users |
 * | user | ten times that | 1 minute | many places together cannot either |
 *
 * Whoever is made to wait is not checked at all: an answer would tell whether the guess was right. A name is counted
 * whether or not there is such a user. The owner of an account under attack is never out for long: networks from which
 * the user has signed in before do not wait for what others guess, and everybody else waits a minute at most. In memory:
 * a restart forgets.
 */
import { createHash } from 'node:crypto'
import { AppError, type Clock } from '../kernel/index.ts'

export interface Attempt {
  readonly username: string
  /** One address; of IPv6 the network of one subscriber. */
  readonly network: string
}

export interface SignInLimits {
  /** Errors: access.too_many_attempts; those of `check`, of which access.invalid_credentials counts. */
  password<T>(attempt: Attempt, check: () => Promise<T>): Promise<T>
  /** For keys, which nobody can guess: only those that fail wait. Errors: as above. */
  key<T>(network: string, check: () => Promise<T>): Promise<T>
}

interface Counter {
  failures: number
  lastFailureAt: number
  blockedUntil: number
  /** Attempts under way: each may fail. */
  running: number
  readonly waiting: (() => void)[]
  hasSucceeded: boolean
}

interface Limit {
  readonly freeFailures: number
  readonly longestMs: number
}

const forgetMs = 3_600_000
const firstWaitMs = 1000
const maxCounters = 50_000
/** Of one user and network, and of one network; more come from no program that means well. */
const maxWaiting = 200
/**
 * Passwords of one network that are checked at once, under whatever names: each takes a thread, of which files and names
 * of hosts need some, and 32 MiB. Without it a thousand attempts that come together would be under way before the first
 * of them has failed.
 */
const atOnceOfNetwork = 4

export function createSignInLimits(deps: {
  readonly clock: Clock
  /** Failures without a wait, of one user from one network. */
  readonly failures: number
  /** Whether the user has signed in from there before, as far as is known. */
  readonly isKnown: (attempt: Attempt) => Promise<boolean>
}): SignInLimits {
  const { clock, failures } = deps
  const ofPair: Limit = { freeFailures: failures, longestMs: 15 * 60_000 }
  const ofNetwork: Limit = { freeFailures: failures * 10, longestMs: 15 * 60_000 }
  const ofUser: Limit = { freeFailures: failures * 10, longestMs: 60_000 }
  const counters = new Map<string, Counter>()

  /** What is counted stays the newest, so that the ones that go are those of long ago. */
  function counterOf(kind: string, name: string): Counter {
    // Names are as long as anybody likes to send them.
    const key = createHash('sha256').update(`${kind}\0${name}`).digest('base64')
    const counter = counters.get(key) ?? {
      failures: 0,
      lastFailureAt: 0,
      blockedUntil: 0,
      running: 0,
      waiting: [],
      hasSucceeded: false,
    }
    counters.delete(key)
    counters.set(key, counter)
    if (counters.size > maxCounters) {
      const [oldest, { running }] = counters.entries().next().value!
      if (running === 0) counters.delete(oldest)
    }
    return counter
  }

  function fail(counter: Counter, limit: Limit): void {
    const now = clock.now()
    if (now - counter.lastFailureAt > forgetMs) counter.failures = 0
    counter.lastFailureAt = now
    counter.failures++
    const beyond = counter.failures - limit.freeFailures
    if (beyond < 0) return
    counter.blockedUntil = now + Math.min(limit.longestMs, firstWaitMs * 2 ** Math.min(beyond, 30))
  }

  function refuseBlocked(counter: Counter): void {
    const leftMs = counter.blockedUntil - clock.now()
    if (leftMs > 0) throw tooMany(Math.ceil(leftMs / 1000))
  }

  const tooMany = (retryAfterSeconds: number) =>
    new AppError('access.too_many_attempts', { max: failures, retryAfterSeconds })

  async function takeTurn(counter: Counter, atOnce: () => number): Promise<void> {
    while (counter.running >= atOnce()) {
      if (counter.waiting.length >= maxWaiting) throw tooMany(1)
      await new Promise<void>((resolve) => counter.waiting.push(resolve))
    }
    counter.running++
  }

  function endTurn(counter: Counter): void {
    counter.running--
    for (const wake of counter.waiting.splice(0)) wake()
  }

  return {
    async password(attempt, check) {
      const pair = counterOf('pair', `${attempt.username.toLowerCase()}\0${attempt.network}`)
      const network = counterOf('network', attempt.network)
      const user = counterOf('user', attempt.username.toLowerCase())
      const refuse = async () => {
        refuseBlocked(pair)
        if (pair.hasSucceeded) return
        refuseBlocked(network)
        if (user.blockedUntil > clock.now() && !(await deps.isKnown(attempt))) refuseBlocked(user)
      }
      /** Who has been in from there does not line up with those who try names. */
      const inTurnOfNetwork = async <R>(work: () => Promise<R>): Promise<R> => {
        if (pair.hasSucceeded) return work()
        await takeTurn(network, () => atOnceOfNetwork)
        try {
          await refuse()
          return await work()
        } finally {
          endTurn(network)
        }
      }
      await refuse()
      // No more at once than may fail, or those that come together would all be free.
      await takeTurn(pair, () => Math.max(1, failures - pair.failures))
      try {
        await refuse()
        const result = await inTurnOfNetwork(check)
        pair.failures = 0
        pair.hasSucceeded = true
        return result
      } catch (error) {
        if (isWrong(error)) {
          fail(pair, ofPair)
          fail(network, ofNetwork)
          fail(user, ofUser)
        }
        throw error
      } finally {
        endTurn(pair)
      }
    },

    async key(network, check) {
      try {
        return await check()
      } catch (error) {
        if (!isWrong(error)) throw error
        const counter = counterOf('keys', network)
        refuseBlocked(counter)
        fail(counter, ofNetwork)
        throw error
      }
    },
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof AppError && error.key === 'access.invalid_credentials'
}
