/**
 * Sources that are archives. The wanted members are unpacked one after another into the build's own folder, and the
 * extractor reads each as if it were the source; their columns are matched by name, as those of several resources are.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../engine/index.ts'
import { AppError, type JsonValue } from '../../kernel/index.ts'
import type { Archive, ArchiveSource } from '../archives/archive.ts'
import { chooseMembers, createLook } from '../archives/member-names.ts'
import { openArchive } from '../archives/open-archive.ts'
import { columnItems, mergeColumns } from '../builder/columns.ts'
import type { Slice } from '../slices/slice.ts'
import { createTurns } from '../slices/turns.ts'
import { textParameter } from './parameters.ts'
import type {
  Extractor,
  ExtractorParameter,
  LoadedSlice,
  RawColumn,
  ReaderContext,
  SourceReader,
} from './reader.ts'

const archiveMember: ExtractorParameter = {
  name: 'archive_member',
  label: 'Members of an archive',
  type: 'text',
  description:
    'Of a zip, tar or tar.gz: name of the member to read, or a pattern such as data_*.csv for several that become one dataset; when empty the only member, or all of the format',
  default: null,
  is_mandatory: false,
}

/** Of a member: a preview reads one slice of a megabyte, cut behind a record. */
const mostPreviewed = 16 << 20

/** The extractor with archives of its files among what it reads. */
export function readsArchives(extractor: Extractor): Extractor {
  return {
    ...extractor,
    parameters: [...extractor.parameters, archiveMember],
    async open(context) {
      const { source, maxSourceBytes: maxBytes, stop } = context
      const archive = await openArchive({
        ...source,
        maxBytes,
        stop,
        ...(context.isPreview && extractor.readsForwards ? lookOf(extractor, context) : {}),
      })
      if (archive === null || isDocument(archive)) {
        archive?.close()
        return extractor.open(context)
      }
      try {
        return await openMembers(extractor, archive, context)
      } catch (error) {
        archive.close()
        throw error
      }
    },
  }
}

/** What a preview of the first member needs of an archive. */
function lookOf({ kinds = [] }: Extractor, { source }: ReaderContext) {
  const pattern = textParameter(source.params, 'archive_member')
  return {
    prefixBytes: mostPreviewed,
    suffices: createLook(pattern, kinds),
  }
}

/** Office documents are zips: what is in them are no files that anybody put there. */
function isDocument({ kind, members }: Archive): boolean {
  return (
    kind === 'zip' &&
    members.some(({ name }) => /^(\[Content_Types\]\.xml|META-INF\/manifest\.xml|mimetype)$/.test(name))
  )
}

/** Members of the same name with other extensions, by extension. `numbers`: by name in lower case. */
function companionsOf(
  numbers: ReadonlyMap<string, number>,
  name: string,
  extensions: readonly string[],
): ReadonlyMap<string, number> {
  const stem = name.replace(/[^./]*$/, '').toLowerCase()
  return new Map(
    extensions.flatMap((extension) => {
      const number = numbers.get(stem + extension)
      return number === undefined ? [] : [[extension, number] as const]
    }),
  )
}

/** An archive inside the archive, of files that anybody put there. */
async function isNested(member: ArchiveSource): Promise<boolean> {
  const archive = await openArchive(member)
  archive?.close()
  return archive !== null && !isDocument(archive)
}

/** What is known of an archive's members, kept from one pass to the next. */
interface ArchiveMemory {
  columns: RawColumn[]
  /** By number of the member. */
  readonly members: Map<number, Map<string, unknown>>
}

async function openMembers(
  extractor: Extractor,
  archive: Archive,
  context: ReaderContext,
): Promise<SourceReader> {
  const { source } = context
  const chosen = chooseMembers(
    source.filename,
    archive.members,
    textParameter(source.params, 'archive_member'),
    extractor.kinds ?? [],
  )
  const numbers = new Map(archive.members.map(({ name }, index) => [name.toLowerCase(), index]))
  const groups = chosen.map((member) => ({
    member,
    companions: companionsOf(numbers, archive.members[member]!.name, extractor.companions ?? []),
  }))
  const total = chosen.reduce((sum, index) => sum + Math.max(1, archive.members[index]!.bytes), 0)
  const memory = remember(context.memory)
  const turns = createTurns()
  const wanted = new Set(groups.flatMap(({ member, companions }) => [member, ...companions.values()]))
  const pathOf = (index: number) => join(context.tmpDirectory, `${context.prefix}-member-${index}`)
  const unpacked = archive.unpack(wanted, pathOf)
  const arrived = new Set<number>()
  /** Slices that were given out and not yet loaded for the last time, with the reader that loads them. */
  const owners = new Map<number, { reader: SourceReader; slice: Slice; member: number; isNew: boolean }>()
  const opened: OpenMember[] = []
  let given = 0
  let weighed = 0

  interface OpenMember {
    readonly reader: SourceReader
    readonly member: number
    /** The member and its companions, as they were unpacked. */
    readonly files: readonly string[]
    readonly bytes: number
  }

  async function openNext(): Promise<OpenMember | null> {
    const isWhole = ({ member, companions }: (typeof groups)[number]) =>
      arrived.has(member) && [...companions.values()].every((index) => arrived.has(index))
    let at = groups.findIndex(isWhole)
    for (; at < 0; at = groups.findIndex(isWhole)) {
      const next = await unpacked.next()
      if (next.done) return null
      arrived.add(next.value.index)
    }
    const { member: index, companions } = groups.splice(at, 1)[0]!
    const { name, bytes } = archive.members[index]!
    const path = pathOf(index)
    const files = [path, ...[...companions.values()].map(pathOf)]
    if (
      await isNested({ path, filename: name, bytes, maxBytes: context.maxSourceBytes, stop: context.stop })
    ) {
      throw new AppError('ingest.nested_archive', { filename: source.filename, member: name })
    }
    const own = memory.members.get(index) ?? new Map<string, unknown>()
    memory.members.set(index, own)
    const reader = await extractor.open({
      ...context,
      source: { ...source, path, filename: name, bytes },
      prefix: `${context.prefix}m${index}`,
      skipSlices: Math.max(0, context.skipSlices - given),
      companions: new Map([...companions].map(([extension, number]) => [extension, pathOf(number)])),
      memory: own,
    })
    const member = { reader, member: index, files, bytes }
    opened.push(member)
    return member
  }

  // The first member tells columns before there is a slice.
  let current = await openNext()
  if (current) takeUp(memory, current.reader.columns())

  async function* slices(): AsyncGenerator<Slice> {
    for (; current; current = await openNext()) {
      const { reader, member, files, bytes } = current
      let isNew = takeUp(memory, reader.columns())
      let isCopied = true
      const weight = Math.max(1, bytes)
      for await (const slice of reader.slices()) {
        if (slice.bytes === 0) isCopied = false
        const index = given++
        owners.set(index, { reader, slice, member, isNew })
        isNew = false
        const done = weighed + weight * Math.min(1, slice.sourceBytesRead / weight)
        yield { ...slice, index, sourceBytesRead: Math.round((source.bytes * done) / total) }
      }
      weighed += weight
      // Slices that are files of their own need the member no longer.
      if (isCopied) {
        reader.close()
        for (const file of files) await rm(file, { force: true })
      }
    }
  }

  async function load(connection: Connection, slice: Slice): Promise<LoadedSlice> {
    const turn = turns.take(slice.index)
    try {
      const owner = owners.get(slice.index)!
      const { reader, slice: own, member } = owner
      const loaded = await reader.load(connection, own)
      // In the order of the slices, or the order of columns would depend on which slice was faster.
      await turn.reached
      const hasNewColumns = takeUp(memory, loaded.columns) || loaded.hasNewColumns || owner.isNew
      owner.isNew = false
      const { columns } = memory
      const { name } = archive.members[member]!
      const items = columnItems(columns, loaded.columns)
      return {
        relation: `(select ${items.join(', ') || 'null as nothing'} from ${loaded.relation})`,
        columns,
        hasNewColumns,
        memory: snapshot(memory, member, loaded.memory),
        rejects: async () =>
          (await loaded.rejects()).map((reject) =>
            chosen.length > 1 ? { ...reject, reason: `${name}: ${reject.reason}` } : reject,
          ),
        release: () => loaded.release(),
      }
    } finally {
      turn.release()
    }
  }

  function close(): void {
    for (const { reader } of opened) reader.close()
    for (const index of arrived) void rm(pathOf(index), { force: true })
    void unpacked.return(undefined).catch(() => {})
    archive.close()
  }

  return { columns: () => memory.columns, slices, load, bytesTotal: source.bytes, close }
}

/** Returns whether earlier slices were not written as these columns ask for. */
function takeUp(memory: ArchiveMemory, columns: readonly RawColumn[]): boolean {
  const before = memory.columns
  mergeColumns(memory, columns)
  return memory.columns.some((column, index) => {
    const known = before[index]
    if (!known) return true
    const isOfOtherType = known.engineType !== column.engineType || known.fixedType !== column.fixedType
    // Nothing was known of the values so far: what is found first contradicts nothing.
    return (
      isOfOtherType ||
      (known.candidates !== undefined && String(known.candidates) !== String(column.candidates))
    )
  })
}

interface StoredMemory {
  readonly columns: readonly RawColumn[]
  readonly members: readonly (readonly [member: number, memory: JsonValue])[]
}

function remember(memory: Map<string, unknown>): ArchiveMemory {
  const known = (memory.get('archive') as ArchiveMemory | undefined) ?? restored(memory.get('stored'))
  memory.set('archive', known)
  return known
}

function restored(stored: unknown): ArchiveMemory {
  const { columns, members } = (stored as StoredMemory | undefined) ?? { columns: [], members: [] }
  return {
    columns: [...columns],
    members: new Map(members.map(([member, memory]) => [member, new Map([['stored', memory]])])),
  }
}

/** As stored with a slice: a resumed build goes on with the member of its last slice. */
function snapshot(memory: ArchiveMemory, member: number, own: JsonValue | undefined): JsonValue {
  const members = own === undefined ? [] : [[member, own]]
  return { columns: memory.columns as unknown as JsonValue, members } as JsonValue
}
