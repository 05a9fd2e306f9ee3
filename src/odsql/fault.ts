import { editDistance } from '../../shared/words.ts'
import { AppError, type ErrorKey, type ErrorParams } from '../kernel/index.ts'
import type { Clause, Span } from './ast.ts'

/**
 * Raised inside a compiler pass and caught at its entry, where it becomes a value: deep in a recursive descent an early
 * exit reads better as a throw.
 */
export class Fault extends Error {
  readonly span: Span
  readonly make: (clause: Clause) => AppError
  constructor(span: Span, make: (clause: Clause) => AppError) {
    super('fault')
    this.span = span
    this.make = make
  }
}

type WithPlace = { readonly position: unknown; readonly clause: unknown }

/** A fault of kind `key` at `span`. */
export function fault<K extends ErrorKey>(
  key: K,
  span: Span,
  params: Omit<ErrorParams<K>, keyof WithPlace>,
): Fault {
  return new Fault(
    span,
    (clause) => new AppError(key, { ...params, position: span.start, clause } as unknown as ErrorParams<K>),
  )
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly AppError[] }

/** Runs a pass over one clause; its fault becomes the result. */
export function attempt<T>(clause: Clause, pass: () => T): Result<T> {
  try {
    return { ok: true, value: pass() }
  } catch (error) {
    if (error instanceof Fault) return { ok: false, errors: [error.make(clause)] }
    if (error instanceof AppError) return { ok: false, errors: [error] }
    throw error
  }
}

/** The known name nearest to a mistyped one, as a sentence; empty when none is near. */
export function suggest(name: string, known: Iterable<string>): string {
  const wanted = name.toLowerCase()
  let best = ''
  let least = Math.min(3, Math.ceil(wanted.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase(), least)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best === '' ? '' : `Did you mean ${best}?`
}
