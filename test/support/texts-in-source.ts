/** Texts as they stand in the source, for tests that ask whether something is said of each of them. */
import { globSync, readFileSync } from 'node:fs'
import { type Expression, type Node, parseSync } from '@swc/core'

export interface SourceText {
  /** Expressions in it are `{0}`, `{1}`. */
  readonly text: string
  /** Path of the file. */
  readonly file: string
  /** The property whose value it is, within the nearest call; null: none. */
  readonly property: string | null
  /** The function that it is handed to, or the class; null: none. */
  readonly callee: string | null
}

type Place = Pick<SourceText, 'property' | 'callee'>

/** Every text of the files, in their order. */
export function textsIn(patterns: readonly string[]): SourceText[] {
  const found: SourceText[] = []
  for (const file of globSync([...patterns]).sort()) {
    const program = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'esnext' })
    walk(program, { property: null, callee: null }, (text, place) => found.push({ text, file, ...place }))
  }
  return found
}

type Tree = Node & Readonly<Record<string, unknown>>

function walk(value: unknown, place: Place, onText: (text: string, place: Place) => void): void {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    for (const item of value) walk(item, place, onText)
    return
  }
  const node = value as Tree
  const text = textOf(node)
  if (text !== null) onText(text, place)
  for (const [name, child] of Object.entries(node)) {
    if (name !== 'span') walk(child, placeOf(node, name, place), onText)
  }
}

function textOf(node: Tree): string | null {
  if (node.type === 'StringLiteral') return node.value as string
  if (node.type !== 'TemplateLiteral' || node.expressions === undefined) return null
  const quasis = node.quasis as readonly { readonly cooked?: string }[]
  const count = (node.expressions as readonly Expression[]).length
  return quasis.map(({ cooked }, at) => `${cooked ?? ''}${at < count ? `{${at}}` : ''}`).join('')
}

function placeOf(node: Tree, child: string, place: Place): Place {
  if ((node.type === 'CallExpression' || node.type === 'NewExpression') && child === 'arguments')
    return { property: null, callee: nameOf(node.callee as Tree) }
  if (node.type === 'KeyValueProperty' && child === 'value')
    return { ...place, property: nameOf(node.key as Tree) }
  return place
}

function nameOf(node: Tree): string | null {
  const name = node.value ?? (node.property as Tree | undefined)?.value
  return typeof name === 'string' ? name : null
}
