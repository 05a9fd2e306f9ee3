import { AppError } from '../kernel/index.ts'

/**
 * How many exports are open at once: each holds a connection, a generation, and slices on disk for as long as its reader
 * takes.
 */
export interface OpenPlaces {
  /** Answers what gives the place back. Errors: exports.too_many_own, exports.too_many. */
  enter(client: string): () => void
  size(): number
}

/** Of all clients: slices of 64 MB each at most. */
const maxOpen = 200
/** Nobody knows when a reader is done. */
const retryAfterSeconds = 5

export function createOpenPlaces(maxOpenOfClient: number): OpenPlaces {
  const byClient = new Map<string, number>()
  let open = 0
  return {
    enter(client) {
      const own = byClient.get(client) ?? 0
      if (own >= maxOpenOfClient)
        throw new AppError('exports.too_many_own', { max: maxOpenOfClient, retryAfterSeconds })
      if (open >= maxOpen) throw new AppError('exports.too_many', { max: maxOpen, retryAfterSeconds })
      open++
      byClient.set(client, own + 1)
      return () => {
        open--
        const left = byClient.get(client)! - 1
        if (left === 0) byClient.delete(client)
        else byClient.set(client, left)
      }
    },
    size: () => open,
  }
}
