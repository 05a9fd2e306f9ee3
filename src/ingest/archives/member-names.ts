/** Names of members: cleaned, told from litter, matched and chosen. */
import { AppError } from '../../kernel/index.ts'
import type { Member } from './archive.ts'

/** What operating systems leave in archives. */
const litter = /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/i

export function isLitter(name: string): boolean {
  return litter.test(name.replace(/^(\.\.?\/)+/, ''))
}

/** With / between folders, without control characters. */
export function cleanName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return name.replaceAll('\\', '/').replace(/[\u0000-\u001f\u007f]/g, '_')
}

export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

/**
 * Whether a pattern matches a name: * stands for any characters, ? for one. Without a / it is compared with the last part
 * of the name. Takes time in proportion to the two lengths, whatever the pattern.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const text = (pattern.includes('/') ? name : baseName(name)).toLowerCase()
  const wild = pattern.toLowerCase()
  let at = 0
  let of = 0
  let star = -1
  let retry = 0
  while (at < text.length) {
    if (of < wild.length && wild[of] === '*') {
      star = of++
      retry = at
    } else if (of < wild.length && (wild[of] === '?' || wild[of] === text[at])) {
      of++
      at++
    } else if (star >= 0) {
      of = star + 1
      at = ++retry
    } else return false
  }
  while (wild[of] === '*') of++
  return of === wild.length
}

/** Members that are listed before the best so far is good enough for a look. */
const mostListed = 64 << 20

/**
 * Tells of one member after the other whether they are enough for a look: it is certainly one that `chooseMembers` takes,
 * whatever comes behind it; or one would be taken, and many bytes have been read in search of a better one.
 */
export function createLook(
  pattern: string | undefined,
  kinds: readonly RegExp[],
): (member: Member) => boolean {
  let bytes = 0
  let isAnyTaken = false
  return (member) => {
    const { name } = member
    if (pattern === undefined ? kinds[0]?.test(name) : name === pattern) return true
    const isMatch = pattern !== undefined && matchesPattern(pattern, name)
    if (isMatch && /[*?]/.test(pattern)) return true
    bytes += member.bytes
    isAnyTaken ||= isMatch || (pattern === undefined && kinds.some((kind) => kind.test(name)))
    return isAnyTaken && bytes >= mostListed
  }
}

/**
 * Numbers of the members that are read: those that `pattern` names; without one the only member, or all of the first kind
 * of file that there is any of. Errors: ingest.member_not_found.
 */
export function chooseMembers(
  filename: string,
  members: readonly Member[],
  pattern: string | undefined,
  kinds: readonly RegExp[],
): number[] {
  const numbersOf = (isWanted: (name: string) => boolean) =>
    [...members.keys()].filter((index) => isWanted(members[index]!.name))
  if (pattern !== undefined) {
    const exact = numbersOf((name) => name === pattern)
    const found = exact.length > 0 ? exact : numbersOf((name) => matchesPattern(pattern, name))
    if (found.length > 0) return found
  } else {
    if (members.length === 1) return [0]
    for (const kind of kinds) {
      const found = numbersOf((name) => kind.test(name))
      if (found.length > 0) return found
    }
  }
  const names = members.slice(0, 10).map(({ name }) => name.slice(0, 100))
  throw new AppError('ingest.member_not_found', {
    filename,
    member: pattern ?? 'of this format',
    members: `${names.join(', ') || 'nothing'}${members.length > names.length ? `... (${members.length})` : ''}`,
  })
}
