/** What the builder asks the process that runs it, which has a network: one question, one answer, in any order. */
import { type BuilderCommand, type BuilderEvent, fromErrorValue, type JsonValue } from '../../kernel/index.ts'
import type { LookupHost } from '../processors/lookups.ts'

type Answer = Extract<BuilderCommand, { kind: 'answer' }>

export interface Questions {
  readonly host: LookupHost
  answered(answer: Answer): void
}

/** A stop rejects what is still open. */
export function createQuestions(emit: (event: BuilderEvent) => void, stop: AbortSignal): Questions {
  const open = new Map<number, PromiseWithResolvers<readonly (JsonValue | null)[]>>()
  let last = 0
  stop.addEventListener('abort', () => {
    for (const question of open.values()) question.reject(stop.reason)
    open.clear()
  })
  return {
    host: {
      stop,
      async ask(service, request, keys) {
        stop.throwIfAborted()
        const id = ++last
        const question = Promise.withResolvers<readonly (JsonValue | null)[]>()
        open.set(id, question)
        emit({ kind: 'ask', id, service, request, keys })
        return question.promise
      },
    },
    answered({ id, answers, error }) {
      const question = open.get(id)
      open.delete(id)
      if (error) question?.reject(fromErrorValue(error))
      else question?.resolve(answers)
    },
  }
}
