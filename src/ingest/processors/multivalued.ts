/** Texts that hold several values with a separator between them. */
import { quoteLiteral } from '../../kernel/index.ts'
import type { ProcessorArgument } from './processor.ts'

export const separatorArgument: ProcessorArgument = {
  name: 'separator',
  type: 'text',
  description: 'Text between two values',
  is_mandatory: true,
}

/** SQL of the values in a text, trimmed, those that are empty left out. */
export function piecesOf(text: string, separator: string): string {
  return `list_filter(list_transform(string_split(${text}, ${quoteLiteral(separator)}), lambda _p: trim(_p)), lambda _p: _p <> '')`
}
