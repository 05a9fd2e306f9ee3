/** How the values of settings are read from their texts. A bad one throws a SettingError that says what it must be. */
import proxyAddr from '@fastify/proxy-addr'

/** A value that cannot be used, in words for the person who set it. */
export class SettingError extends Error {}

/** A whole number within bounds. */
export function integer(env: string, fallback: number, min: number, max: number) {
  return (text: string | undefined): number => {
    if (text === undefined || text === '') return fallback
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new SettingError(`${env} is '${text}', but must be a whole number from ${min} to ${max}`)
    }
    return value
  }
}

/** 1 or true, 0 or false. */
export function flag(env: string, fallback: boolean) {
  return (text: string | undefined): boolean => {
    if (text === undefined || text === '') return fallback
    if (text === '1' || text.toLowerCase() === 'true') return true
    if (text === '0' || text.toLowerCase() === 'false') return false
    throw new SettingError(`${env} is '${text}', but must be 1 or 0`)
  }
}

/** An empty setting is one that is not there. */
export function optional(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}

/** A complete address of the web; null: none. */
export function webAddress(env: string) {
  return (text: string | undefined): string | null => {
    const address = optional(text)
    if (address === null) return null
    if (/^https?:\/\//.test(address) && URL.canParse(address)) return address
    throw new SettingError(`${env} is '${address}', but must be a complete http:// or https:// address`)
  }
}

/** The address of a tile, with places for its numbers; null: none. */
export function tileAddress(env: string) {
  return (text: string | undefined): string | null => {
    const address = webAddress(env)(text)
    if (address === null || ['{z}', '{x}', '{y}'].every((part) => address.includes(part))) return address
    throw new SettingError(`${env} is '${address}', but must have {z}, {x} and {y} in it`)
  }
}

/** Addresses, networks and the names of networks; `none` is none. */
export function networks(env: string, fallback: readonly string[]) {
  return (text: string | undefined): readonly string[] => {
    if (text === undefined || text === '') return fallback
    if (text === 'none') return []
    const list = text.split(',').map((item) => item.trim())
    try {
      proxyAddr.compile(list)
      return list
    } catch {
      throw new SettingError(
        `${env} is '${text}', but must be none, or addresses and networks (10.0.0.0/8), loopback, linklocal or uniquelocal, separated by commas`,
      )
    }
  }
}
