/** Columns of several sources, or of several slices of one, brought together. */
import { quoteIdentifier } from '../../kernel/index.ts'
import { refuseTooManyColumns } from '../extractors/max-columns.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { asText, type InferredType, nativeCandidates } from '../types/types.ts'

/** SQL: the columns of one slice, `present`, as all slices have them. */
export function columnItems(columns: readonly RawColumn[], present: readonly RawColumn[]): string[] {
  const presentTypes = new Map(present.map((column) => [column.name, column.engineType]))
  return columns.map((column) => {
    const name = quoteIdentifier(column.name)
    const here = presentTypes.get(column.name)
    if (here === undefined) return `null::${column.engineType} as ${name}`
    // Sources that disagree on a column's type meet in text.
    return here === column.engineType ? name : `${asText(here, name)} as ${name}`
  })
}

/** Columns of all sources, matched by name, in the order they were first met. Returns whether this changed them. */
export function mergeColumns(known: { columns: RawColumn[] }, columns: readonly RawColumn[]): boolean {
  const places = new Map(known.columns.map((column, index) => [column.name, index]))
  const merged = [...known.columns]
  let isChanged = false
  for (const column of columns) {
    const at = places.get(column.name)
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
  known.columns = merged
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
