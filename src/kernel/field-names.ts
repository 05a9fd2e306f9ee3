/** Names that clients or engines give a meaning of their own. */
const reserved = new Set([
  'recordid',
  'record_timestamp',
  'record_size',
  'datasetid',
  'constructor',
  'rowid',
  // The engine adds a column of this name when it reads parts with their row numbers.
  'file_row_number',
])
const maxLength = 63

/**
 * A technical field name from any header: ASCII letters, digits and underscores, lower case, not empty, starting with a
 * letter, at most 63 characters, distinct from `taken` (which it joins). The same headers give the same names.
 */
export function safeFieldName(label: string, taken: Set<string>): string {
  const plain = label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('œ', 'oe')
    .replaceAll('ø', 'o')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, maxLength)
    .replace(/_+$/, '')
  let base = plain === '' ? 'column' : /^[a-z]/.test(plain) ? plain : `n_${plain}`.slice(0, maxLength)
  if (reserved.has(base)) base = `${base}_field`
  let name = base
  for (let n = 2; taken.has(name); n++) name = `${base.slice(0, maxLength - String(n).length - 1)}_${n}`
  taken.add(name)
  return name
}

/** Whether a name given by a user can be a field name as it stands. */
export function isFieldName(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name) && name.length <= maxLength && !reserved.has(name)
}
