/**
 * An element as one flat record. Members are named by where they stand: `address.city` for an element in an element,
 * `price@currency` for an attribute, `@id` for one of the record itself, and the record's own name for text of its own.
 */
import { localName } from '../../xml/parse-xml.ts'
import type { XmlElement } from '../../xml/xml-elements.ts'

/** Values in the order in which they stand; none for an empty element. */
export type FlatRecord = Map<string, string[]>

export function flatten(record: XmlElement): FlatRecord {
  const flat: FlatRecord = new Map()
  walk(record, '', record.name, flat)
  return flat
}

function walk(element: XmlElement, prefix: string, textKey: string, flat: FlatRecord): void {
  let hasAttributes = false
  for (const name in element.attributes) {
    // Declarations of namespaces and what only a schema needs say nothing of the record.
    if (/^(xmlns|xsi:)/.test(name)) continue
    hasAttributes = true
    add(flat, `${prefix}@${localName(name)}`, element.attributes[name]!.trim())
  }
  const text = element.text.trim()
  if (text !== '' || (element.children.length === 0 && !hasAttributes && prefix !== ''))
    add(flat, textKey, text)
  for (const child of element.children) {
    const key = prefix === '' ? child.name : `${prefix}.${child.name}`
    walk(child, key, key, flat)
  }
}

function add(flat: FlatRecord, key: string, value: string): void {
  const values = flat.get(key)
  if (values && value !== '') values.push(value)
  else if (!values) flat.set(key, value === '' ? [] : [value])
}
