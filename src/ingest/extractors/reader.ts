/** What every extractor gives the builder: columns, slices, and SQL that reads a slice. */
import type { Connection } from '../../engine/index.ts'
import type { BuildSource, FieldType, JsonValue } from '../../kernel/index.ts'
import type { Slice } from '../slices/slice.ts'
import type { InferredType } from '../types/types.ts'

export interface RawColumn {
  readonly name: string
  readonly label: string
  /** The engine's type of the column as `relation` gives it. VARCHAR columns have their type inferred. */
  readonly engineType: string
  /** The format itself fixes the type (GeoJSON geometry): values that do not convert are record errors. */
  readonly fixedType?: FieldType
  /** What the format says of a text column's values: types that inference may consider. Undefined: all. */
  readonly candidates?: readonly InferredType[]
}

/** A slice made readable: a subquery with the reader's columns, and what has to be tidied up. */
export interface LoadedSlice {
  /** SQL of a subquery in parentheses. */
  readonly relation: string
  /** The columns of `relation`. */
  readonly columns: readonly RawColumn[]
  /** Not the columns that earlier slices had: there are more, or what the format says of one has changed. */
  readonly hasNewColumns: boolean
  /** What the reader knows after this slice and the ones before it; found as `stored` in `memory` by a later reader. */
  readonly memory?: JsonValue
  /** Rows of this slice that could not be read at all; call once the relation has been read. */
  rejects(): Promise<readonly Reject[]>
  release(): Promise<void>
}

export interface Reject {
  readonly line: number | null
  readonly reason: string
  readonly raw: string | null
}

export interface SourceReader {
  /** Columns known so far; a JSON source may find more as it goes. */
  columns(): readonly RawColumn[]
  slices(): AsyncIterable<Slice>
  load(connection: Connection, slice: Slice): Promise<LoadedSlice>
  readonly bytesTotal: number
  close(): void
}

export interface ReaderContext {
  readonly source: BuildSource
  /** A connection for looking at the source before slices are read. */
  readonly connection: Connection
  readonly tmpDirectory: string
  /** Unique among the sources of a build. */
  readonly prefix: string
  readonly sliceBytes: number
  readonly maxSourceBytes: number
  /** Aborted: nobody waits for the source any more. */
  readonly stop: AbortSignal
  /** Slices at the head of the source that nobody will load; 0 unless a build is resumed. */
  readonly skipSlices: number
  /** Only the first records are wanted: nothing is to be read to its end. */
  readonly isPreview: boolean
  /** Files that lie beside the source in its archive, by their extension: those that the extractor asks for. */
  readonly companions?: ReadonlyMap<string, string>
  /** What the reader found out in an earlier pass over the same source, and leaves for the next. */
  readonly memory: Map<string, unknown>
}

export interface ExtractorParameter {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'int' | 'boolean'
  readonly description: string
  readonly default: string | number | boolean | null
  readonly is_mandatory: boolean
  readonly choices?: readonly string[]
}

export interface Extractor {
  readonly type: string
  readonly label: string
  readonly parameters: readonly ExtractorParameter[]
  /** Names of its files, best kind first: which members of an archive it reads when nobody says. */
  readonly kinds?: readonly RegExp[]
  /** Extensions of files of the same name that belong to a member of an archive, and are unpacked with it. */
  readonly companions?: readonly string[]
  /** Files are read from their beginning on: a look at the first records needs no more than that of them. */
  readonly readsForwards?: boolean
  open(context: ReaderContext): Promise<SourceReader>
}
