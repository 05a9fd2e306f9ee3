/** What is known of the columns while sources are read: found, merged by name, their types widened as values come. */
import type { BuildPlan } from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { type InferredType, joinTypes } from '../types/types.ts'
import type { JournalEntry } from './journal.ts'

/** What has been learnt of the columns; it only ever grows or widens. */
export interface Knowledge {
  types: Map<string, InferredType>
  columns: RawColumn[]
  /** Per source: what its reader remembers between two passes. */
  readonly memory: Map<string, unknown>[]
}

/** What was known when the last of the inherited parts was written; nothing when there are none. */
export function knowledgeOf(plan: BuildPlan, inherited: readonly JournalEntry[]): Knowledge {
  const last = inherited.at(-1)
  const memory = plan.sources.map((_source, sourceIndex) => {
    const own = inherited.findLast((entry) => entry.sourceIndex === sourceIndex)
    return new Map<string, unknown>(own && own.memory !== null ? [['stored', own.memory]] : [])
  })
  return { types: new Map(last?.types), columns: [...(last?.columns ?? [])], memory }
}

/** A column in which no value had been seen was written as text: finding out that it is text changes nothing. */
export function isAsWritten(knowledge: Knowledge, name: string, type: InferredType): boolean {
  return type === 'text' && !knowledge.types.has(name)
}

/** Slices run side by side and may find different types at the same time: what holds for both is kept. */
export function learn(knowledge: Knowledge, name: string, type: InferredType): void {
  const known = knowledge.types.get(name)
  knowledge.types = new Map(knowledge.types).set(name, known === undefined ? type : joinTypes(known, type))
}
