import { AppError } from '../kernel/index.ts'

/** The signal's own reason (a deadline names itself), else engine.query_cancelled. */
export function cancelled(signal: AbortSignal | undefined): AppError {
  return signal?.reason instanceof AppError ? signal.reason : new AppError('engine.query_cancelled', {})
}
