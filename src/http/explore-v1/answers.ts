/** The shapes of API 1.0. Explore API specification, section 5. */
import type { FastifyReply } from 'fastify'
import type { Facet, FacetValue, Publication } from '../../records/index.ts'
import { invalid, one, type Parameters } from './parameters.ts'

type Json = Record<string, unknown>

/** JSON, or JSONP where a callback is named. Errors: http.invalid_parameter. */
export function send(reply: FastifyReply, parameters: Parameters, value: unknown): FastifyReply {
  const isPretty = one(parameters, 'pretty_print') === 'true'
  const text = JSON.stringify(value, null, isPretty ? 2 : undefined)
  const callback = one(parameters, 'callback')
  if (callback === undefined && !one(parameters, 'format')?.endsWith('p')) {
    reply.type('application/json; charset=utf-8').compress(text)
    return reply
  }
  // A script of another site would be sent what the browser's stored credentials may see; CORS does not ask it.
  if (reply.request.headers.authorization !== undefined || reply.request.signedIn !== null)
    throw invalid(
      'callback',
      callback ?? '',
      'JSONP is for what everybody may see: ask without credentials, or as JSON',
    )
  const name = callback ?? 'callback'
  if (!/^[A-Za-z_$][\w$.]{0,99}$/.test(name))
    throw invalid('callback', name, 'it must be the name of a function')
  // The comment keeps old plug-ins from reading an answer as something else; line separators end a line in JavaScript.
  const script = `/**/${name}(${text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')});`
  reply.type('application/javascript; charset=utf-8').compress(script)
  return reply
}

/** A record of the search API, with `_id` and `_timestamp`, in the shape of 1.0. */
export function recordOf(publication: Publication, record: Json): Json {
  const { _id, _timestamp, ...values } = record
  const fields: Json = {}
  let geometry: unknown
  for (const [name, value] of Object.entries(values)) {
    if (value === null) continue
    const type = publication.fields.find((field) => field.name === name)?.type
    if (type === 'geo_point_2d') {
      const { lon, lat } = value as { lon: number; lat: number }
      fields[name] = [lat, lon]
      geometry ??= { type: 'Point', coordinates: [lon, lat] }
    } else if (type === 'geo_shape') fields[name] = (value as { geometry: unknown }).geometry
    else fields[name] = value
  }
  return {
    datasetid: publication.row.dataset_id,
    recordid: _id,
    fields,
    ...(geometry === undefined ? {} : { geometry }),
    record_timestamp: _timestamp,
  }
}

/** Facets with the whole path beside the name; those without values are left out, as 1.0 does. */
export function facetGroups(facets: readonly Facet[]): Json[] {
  const shown = ({ name, value, count, state, facets: inner }: FacetValue): Json => ({
    name,
    path: value,
    ...(count === undefined ? {} : { count }),
    state,
    ...(inner ? { facets: inner.map(shown) } : {}),
  })
  return facets
    .filter((facet) => facet.facets.length > 0)
    .map((facet) => ({ name: facet.name, facets: facet.facets.map(shown) }))
}

/** What was asked, as 1.0 repeats it; a key in it is left out. */
export function parametersShown(parameters: Parameters): Json {
  const shown = Object.entries(parameters).filter(([name]) => name !== 'apikey')
  return {
    timezone: 'UTC',
    ...Object.fromEntries(shown.map(([name, list]) => [name, list.length > 1 ? list : list[0]])),
  }
}

/** A dataset of the catalog in the shape of 1.0: the standard metadata stand by themselves. */
export function datasetOf(text: string): Json {
  const dataset = JSON.parse(text) as Json & { metas?: { default?: Json } }
  const { dataset_id, has_records, data_visible, features, attachments, alternative_exports, metas, fields } =
    dataset
  const standard = metas?.default ?? {}
  return {
    datasetid: dataset_id,
    metas: Object.fromEntries(Object.entries(standard).filter(([, value]) => value !== null)),
    has_records,
    data_visible,
    features,
    attachments: attachments ?? [],
    alternative_exports: alternative_exports ?? [],
    fields,
  }
}
