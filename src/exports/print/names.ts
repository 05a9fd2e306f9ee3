/**
 * Names that a format can hold, each once. In: the names as they are and what the format allows; names that become the
 * same are told apart by a number at their end, within `maxLength` characters.
 */
export function uniqueNames(
  names: readonly string[],
  clean: (name: string) => string,
  maxLength = 200,
): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const base = clean(name).slice(0, maxLength)
    let candidate = base
    for (let number = 1; taken.has(candidate.toLowerCase()); number++) {
      const suffix = `_${number}`
      candidate = base.slice(0, maxLength - suffix.length) + suffix
    }
    taken.add(candidate.toLowerCase())
    return candidate
  })
}

/** A name that XML elements, Turtle's local names and JSON-LD terms take as it is. */
export function elementNames(names: readonly string[]): string[] {
  return uniqueNames(names, (name) => {
    const clean = name.replace(/[^A-Za-z0-9_]/g, '_')
    return /^[A-Za-z_]/.test(clean) && !/^xml/i.test(clean) ? clean : `_${clean}`
  })
}
