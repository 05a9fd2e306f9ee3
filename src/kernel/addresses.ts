/**
 * A mail address as it is compared. Only the letters of ASCII have a case that does not count: with all of Unicode the
 * Kelvin sign would be a `k`, and its mailbox somebody else's.
 */
export function foldAddress(address: string): string {
  return address.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
