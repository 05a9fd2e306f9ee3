/**
 * Who the engine works for. A request says it once, around its handler (`http/server.ts`), and every statement below is
 * counted as that client's: a new route cannot forget to. What goes on after a stream's first byte, or for several clients,
 * notes the client when it begins (docs/decisions/0013-fair-queue.md).
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** The server itself: never refused, and first in every line. */
export const serverItself = ''

const asking = new AsyncLocalStorage<string>()

/** Everything that `work` begins is asked by `client`. */
export function askedBy<T>(client: string, work: () => T): T {
  return asking.run(client, work)
}

export function currentClient(): string {
  return asking.getStore() ?? serverItself
}
