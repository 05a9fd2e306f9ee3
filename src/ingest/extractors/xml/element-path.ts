/** Which element of a document is one record: a simple path that somebody gave, or the element that repeats. */
import { AppError } from '../../../kernel/index.ts'
import { parseXml } from '../../xml/parse-xml.ts'

export interface ElementPath {
  /** As it would be written: `/catalog/item`. */
  readonly text: string
  /** Whether the element at this path of local names is it. */
  matches(path: readonly string[]): boolean
}

/**
 * `/catalog/item`: from the root; `//item`, `//items/item` or `item`: anywhere. `*` is any element; prefixes are ignored.
 * Errors: ingest.invalid_parameter.
 */
export function parsePath(text: string): ElementPath {
  const [, start, rest] = /^\s*(\/\/|\/|)(.*?)\s*$/s.exec(text)!
  const names = rest!.split('/').map((name) => name.replace(/^[^:/]*:/, ''))
  if (
    names.length > 200 ||
    !names.every((name) => name === '*' || /^[\p{L}_][\p{L}\p{N}\p{M}_.·-]*$/u.test(name))
  ) {
    throw new AppError('ingest.invalid_parameter', {
      extractor: 'xmlfile',
      parameter: 'xpath',
      value: JSON.stringify(text).slice(0, 100),
      expected: 'it must be names of elements such as /catalog/item or //item',
    })
  }
  const isAbsolute = start === '/'
  return {
    text: text.trim(),
    matches(path) {
      if (isAbsolute ? path.length !== names.length : path.length < names.length) return false
      const offset = path.length - names.length
      return names.every((name, at) => name === '*' || name === path[offset + at])
    },
  }
}

/** Characters of a document that are looked at. */
const sampleLength = 1 << 20

interface PathFacts {
  readonly names: readonly string[]
  /** It occurs twice in the same element. */
  repeats: boolean
  /** Elements at this path and inside them. */
  covered: number
  /** Names of the elements right inside. */
  readonly inside: Set<string>
}

interface OpenElement {
  readonly facts: PathFacts
  readonly seen: Set<string>
  covered: number
}

/**
 * The element that repeats and holds most of what there is: the outermost that holds half of it, or the one that holds most.
 * Where nothing repeats, the document is one record: the outermost element with more than one inside. Null: no element.
 * Looks at the first million characters. Errors: those of parseXml.
 */
export async function guessPath(
  chunks: AsyncIterable<string>,
  filename: string,
): Promise<ElementPath | null> {
  const paths = new Map<string, PathFacts>()
  const open: OpenElement[] = []
  const handler = {
    open(name: string) {
      const parent = open.at(-1)
      const names = [...(parent?.facts.names ?? []), name]
      const key = names.join('/')
      let facts = paths.get(key)
      if (!facts) {
        facts = { names, repeats: false, covered: 0, inside: new Set() }
        paths.set(key, facts)
      }
      if (parent) {
        if (parent.seen.has(name)) facts.repeats = true
        parent.seen.add(name)
        parent.facts.inside.add(name)
      }
      open.push({ facts, seen: new Set(), covered: 1 })
    },
    text() {},
    close() {
      const { facts, covered } = open.pop()!
      facts.covered += covered
      const parent = open.at(-1)
      if (parent) parent.covered += covered
    },
  }
  for await (const _ of parseXml(sampleOf(chunks), handler, { filename, isSample: true })) {
    // Only looked at.
  }
  while (open.length > 0) handler.close()
  const all = [...paths.values()]
  const [root] = all
  if (!root) return null
  const repeating = all.filter((facts) => facts.repeats).sort((a, b) => a.names.length - b.names.length)
  const best =
    repeating.find((facts) => facts.covered >= root.covered / 2) ??
    repeating.sort((a, b) => b.covered - a.covered)[0]
  return absolute(best?.names ?? onlyRecord(root, paths))
}

function onlyRecord(root: PathFacts, paths: ReadonlyMap<string, PathFacts>): readonly string[] {
  let at = root
  for (;;) {
    const [only, ...others] = [...at.inside]
    if (only === undefined || others.length > 0) return at.names
    const next = paths.get([...at.names, only].join('/'))!
    if (next.inside.size === 0) return at.names
    at = next
  }
}

function absolute(names: readonly string[]): ElementPath {
  const key = names.join('/')
  return { text: `/${key}`, matches: (path) => path.length === names.length && path.join('/') === key }
}

async function* sampleOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let length = 0
  for await (const chunk of chunks) {
    yield chunk.slice(0, sampleLength - length)
    length += chunk.length
    if (length >= sampleLength) return
  }
}
