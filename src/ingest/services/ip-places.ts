/** Places of IP addresses, from a database file in MaxMind's format (GeoLite2 City, DB-IP City, ...). */
import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { type CityResponse, Reader } from 'mmdb-lib'
import type { ServiceAnswer } from './service.ts'
import { ServiceFault } from './service-fault.ts'

export interface IpPlaces {
  /** Errors: ServiceFault when the file cannot be read. */
  find(keys: readonly string[]): Promise<readonly ServiceAnswer[]>
}

const keysAtOnce = 500

/** A file that has been replaced is read anew. */
export function createIpPlaces(path: string): IpPlaces {
  let opened: { readonly looks: string; readonly reader: Reader<CityResponse> } | null = null

  async function open(): Promise<Reader<CityResponse>> {
    try {
      const { size, mtimeMs, ino } = await stat(path)
      const looks = `${ino}:${size}:${mtimeMs}`
      if (opened?.looks !== looks) opened = { looks, reader: new Reader<CityResponse>(await readFile(path)) }
      return opened.reader
    } catch {
      throw new ServiceFault('its database file cannot be read')
    }
  }

  return {
    async find(keys) {
      const reader = await open()
      const answers: ServiceAnswer[] = []
      for (const [at, key] of keys.entries()) {
        // Requests are served by the same thread.
        if (at % keysAtOnce === keysAtOnce - 1) await new Promise(setImmediate)
        answers.push(placeOf(reader, key.trim()))
      }
      return answers
    },
  }
}

function placeOf(reader: Reader<CityResponse>, address: string): ServiceAnswer {
  if (isIP(address) === 0) return { error: 'not an IP address' }
  let found: CityResponse | null
  try {
    found = reader.get(address)
  } catch {
    throw new ServiceFault('its database file is damaged')
  }
  const { latitude, longitude } = found?.location ?? {}
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return { error: 'nothing found' }
  return {
    value: { lon: longitude, lat: latitude },
    country: found?.country?.iso_code ?? null,
    label: found?.city?.names?.en ?? null,
    score: null,
  }
}
