/** What is known of the columns while sources are read: found, merged by name, their types widened as values come. */
import type { BuildPlan } from '../../kernel/index.ts'
import { refuseTooManyColumns } from '../extractors/max-columns.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { type InferredType, joinTypes, nativeCandidates } from '../types/types.ts'
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

/** Columns of all sources, matched by name, in the order they were first met. Returns whether this changed them. */
export function mergeColumns(knowledge: Knowledge, columns: readonly RawColumn[]): boolean {
  const known = new Map(knowledge.columns.map((column, index) => [column.name, index]))
  const merged = [...knowledge.columns]
  let isChanged = false
  for (const column of columns) {
    const at = known.get(column.name)
    if (at === undefined) {
      merged.push(column)
      isChanged = true
      continue
    }
    const both = mergedColumn(merged[at]!, column)
    if (both === merged[at]) continue
    merged[at] = both
    isChanged = true
  }
  refuseTooManyColumns(merged.length)
  knowledge.columns = merged
  return isChanged
}

function candidatesOf(column: RawColumn): readonly InferredType[] | undefined {
  return column.engineType === 'VARCHAR' ? column.candidates : nativeCandidates(column.engineType)
}

/** One column of two sources; the first as it is when the second adds nothing. */
function mergedColumn(known: RawColumn, other: RawColumn): RawColumn {
  const isOfOtherType = known.engineType !== other.engineType && known.engineType !== 'VARCHAR'
  const engineType = isOfOtherType ? 'VARCHAR' : known.engineType
  // A type is considered only when every source allows it.
  const [ofKnown, ofOther] =
    known.engineType === other.engineType
      ? [known.candidates, other.candidates]
      : [candidatesOf(known), candidatesOf(other)]
  const allowed = ofKnown?.filter((type) => !ofOther || ofOther.includes(type)) ?? ofOther
  const fixedType = known.fixedType === other.fixedType ? known.fixedType : undefined
  const isSame =
    !isOfOtherType && allowed?.length === known.candidates?.length && fixedType === known.fixedType
  if (isSame) return known
  return {
    name: known.name,
    label: known.label,
    engineType,
    ...(fixedType ? { fixedType } : {}),
    ...(allowed ? { candidates: allowed } : {}),
  }
}
