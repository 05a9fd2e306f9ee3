/** One element of a document after the other, each as a small tree: records of formats that are made of XML. */
import { AppError } from '../../kernel/index.ts'
import { maxRecordBytes } from '../slices/slice.ts'
import { localName, parseXml, type XmlAttributes } from './parse-xml.ts'

export interface XmlElement {
  /** Without prefix. */
  readonly name: string
  readonly attributes: XmlAttributes
  readonly children: XmlElement[]
  /** The element's own text, without that of its children; not trimmed. */
  text: string
}

export interface ElementsOptions {
  readonly filename: string
  /** Whether the element at this path (local names from the root, itself last) is wanted; not asked inside a wanted one. */
  readonly isWanted: (path: readonly string[]) => boolean
  /** Told of the elements around the wanted ones as they open. */
  readonly onOutside?: (path: readonly string[], attributes: XmlAttributes) => void
}

/** What a node of a tree costs beside its text. */
const nodeBytes = 64

/**
 * The wanted elements of a document, in its order, some at a time: as many as a stretch of it holds.
 * Errors: those of parseXml; ingest.record_too_large.
 */
export async function* readElements(
  chunks: AsyncIterable<string>,
  { filename, isWanted, onOutside }: ElementsOptions,
): AsyncGenerator<XmlElement[]> {
  let done: XmlElement[] = []
  const path: string[] = []
  /** The wanted element that is open, and those open inside it. */
  const stack: XmlElement[] = []
  let size = 0
  let count = 0
  const grow = (by: number) => {
    size += by
    if (size > maxRecordBytes) {
      throw new AppError('ingest.record_too_large', { filename, line: count + 1, maxBytes: maxRecordBytes })
    }
  }
  const handler = {
    open(name: string, attributes: XmlAttributes) {
      if (stack.length === 0) {
        path.push(name)
        if (!isWanted(path)) {
          onOutside?.(path, attributes)
          return
        }
        size = 0
      }
      grow(nodeBytes)
      for (const key in attributes) grow(nodeBytes + attributes[key]!.length)
      const element: XmlElement = { name, attributes, children: [], text: '' }
      stack.at(-1)?.children.push(element)
      stack.push(element)
    },
    text(text: string) {
      if (stack.length === 0) return
      grow(text.length)
      stack.at(-1)!.text += text
    },
    close() {
      const element = stack.pop()
      if (stack.length > 0) return
      path.pop()
      if (!element) return
      count++
      done.push(element)
    },
  }
  for await (const _ of parseXml(chunks, handler, { filename })) {
    if (done.length === 0) continue
    const batch = done
    done = []
    yield batch
  }
}

/** The first child of that name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

/** The trimmed text of the first child of that name; undefined when there is none or it is empty. */
export function childText(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text.trim() || undefined
}

/** Trimmed text of an attribute by its local name. */
export function attributeOf(element: Pick<XmlElement, 'attributes'>, name: string): string | undefined {
  for (const key in element.attributes) {
    if (localName(key) === name) return element.attributes[key]!.trim() || undefined
  }
  return undefined
}
