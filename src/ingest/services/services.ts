/** Answers what builders ask: geocoders and IP addresses, as far as the operator has set them. */
import { AppError, type Clock, type JsonObject } from '../../kernel/index.ts'
import type { AskService } from '../builder-host.ts'
import type { FetchPolicy } from '../fetch/guarded-agent.ts'
import { type AnswerCache, openAnswerCache } from './answer-cache.ts'
import { arcgis } from './arcgis.ts'
import { ban } from './ban.ts'
import { census } from './census.ts'
import { createIpPlaces } from './ip-places.ts'
import type { Media } from './media.ts'
import { nominatim } from './nominatim.ts'
import { pdok } from './pdok.ts'
import type { Geocoder, ServiceAnswer } from './service.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'
import { ServiceFault } from './service-fault.ts'

export const geocoders = { ban, nominatim, arcgis, census, pdok } as const
export type GeocoderName = keyof typeof geocoders

export interface ServiceSettings {
  /** Where each geocoder is; null: it is off. */
  readonly addresses: Readonly<Record<GeocoderName, string | null>>
  readonly arcgisToken: string | null
  /** Requests to one geocoder in a second, at most. */
  readonly perSecond: number
  /** A database in MaxMind's format; null: none. */
  readonly ipFile: string | null
  /** Answers that are remembered. */
  readonly maxAnswers: number
}

export interface Services {
  readonly ask: AskService
  close(): void
}

const attempts = 5

/** `cachePath`: a file that is made when the first geocoder is asked. `firstRetryMs`: before the second attempt. */
export function createServices(options: {
  readonly settings: ServiceSettings
  readonly policy: FetchPolicy
  readonly clock: Clock
  readonly cachePath: string
  readonly firstRetryMs: number
  /** Null: files are not fetched. */
  readonly media: Media | null
}): Services {
  const { settings, policy, clock } = options
  const clients = new Map<string, ServiceClient>()
  let cache: AnswerCache | null = null
  const ipPlaces = settings.ipFile === null ? null : createIpPlaces(settings.ipFile)

  function clientOf(name: string): ServiceClient {
    let client = clients.get(name)
    if (!client) {
      const { perSecond } = settings
      client = createServiceClient({ policy, clock, perSecond, attempts, firstRetryMs: options.firstRetryMs })
      clients.set(name, client)
    }
    return client
  }

  async function geocode(
    name: GeocoderName,
    request: JsonObject,
    keys: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ServiceAnswer[]> {
    const geocoder: Geocoder = geocoders[name]
    const address = settings.addresses[name]
    if (address === null) throw notSet(geocoder.name, `BROADSHEET_GEOCODER_${name.toUpperCase()}_URL`)
    cache ??= openAnswerCache(options.cachePath, settings.maxAnswers)
    // Another address may know other places.
    const question = JSON.stringify([name, address, request])
    const answers = keys.map((key) => cache!.find(question, key))
    const open = keys.flatMap((key, at) => (answers[at] === undefined ? [{ key, at }] : []))
    for (let from = 0; from < open.length; from += geocoder.batchSize) {
      signal.throwIfAborted()
      const some = open.slice(from, from + geocoder.batchSize)
      const found = await geocoder.geocode({
        address: new URL(address),
        token: name === 'arcgis' ? settings.arcgisToken : null,
        keys: some.map(({ key }) => key),
        request,
        client: clientOf(name),
        signal,
      })
      cache.keep(
        question,
        some.map(({ key }, index) => [key, found[index] ?? null]),
      )
      for (const [index, { at }] of some.entries()) answers[at] = found[index] ?? null
    }
    return answers.map((answer) => answer ?? null)
  }

  const byName = new Map(
    Object.entries(geocoders).map(([name, geocoder]) => [geocoder.name, name as GeocoderName]),
  )
  return {
    async ask(service, request, keys, signal) {
      try {
        if (service === 'ip_places') {
          if (!ipPlaces) throw notSet('ip_to_coordinates', 'BROADSHEET_GEOIP_FILE')
          return await ipPlaces.find(keys)
        }
        if (service === 'media') {
          if (!options.media) throw notSet('file', 'BROADSHEET_MAX_MEDIA_MB')
          return await options.media.answer(keys, request, signal)
        }
        const name = byName.get(service)
        if (!name) throw new AppError('ingest.unknown_processor', { name: service })
        return await geocode(name, request, keys, signal)
      } catch (error) {
        if (!(error instanceof ServiceFault)) throw error
        throw new AppError('ingest.service_failed', { service, reason: error.message })
      }
    },
    close: () => cache?.close(),
  }
}

const notSet = (service: string, setting: string) =>
  new AppError('ingest.service_not_set', { service, setting })
