/** Lets work on slices that run side by side pass one point in the order of the slices. */

export interface Turn {
  /** Resolves when every earlier slice has released its turn. */
  readonly reached: Promise<void>
  /** Lets the next slice through; more than once does nothing. */
  release(): void
}

export interface Turns {
  /** Slices are taken in order, from any one on without a gap; a slice taken again has had its turn. */
  take(index: number): Turn
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  let next = 0
  return {
    take(index) {
      if (index < next) return { reached: Promise.resolve(), release: () => {} }
      next = index + 1
      const reached = last
      const own = Promise.withResolvers<void>()
      last = reached.then(() => own.promise)
      return { reached, release: own.resolve }
    },
  }
}
