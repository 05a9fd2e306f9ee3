import { AppError, type JsonObject } from '../../kernel/index.ts'
import { common, type HarvestSource } from '../remote.ts'
import { ckanSource } from './ckan.ts'
import { cswSource } from './csw.ts'
import { arcgisSource, datajsonSource } from './datajson.ts'
import { odsSource } from './ods.ts'
import { socrataSource } from './socrata.ts'

export const harvestSources: ReadonlyMap<string, HarvestSource> = new Map(
  [ckanSource, datajsonSource, odsSource, socrataSource, arcgisSource, cswSource].map((source) => [
    source.type,
    { ...source, parameters: [...source.parameters, common.connection] },
  ]),
)

/** Errors: harvest.unknown_type. */
export function findSource(type: string): HarvestSource {
  const source = harvestSources.get(type)
  if (!source)
    throw new AppError('harvest.unknown_type', {
      type: type.slice(0, 60),
      known: [...harvestSources.keys()].join(', '),
    })
  return source
}

/** Errors: harvest.unknown_type, invalid_parameter. */
export function checkParams(type: string, params: JsonObject): void {
  const { parameters } = findSource(type)
  const refuse = (parameter: string, reason: string) =>
    new AppError('harvest.invalid_parameter', { parameter: parameter.slice(0, 60), reason })
  for (const name of Object.keys(params)) {
    const known = parameters.find((parameter) => parameter.name === name)
    if (!known)
      throw refuse(name, `there is none of this name, only ${parameters.map((one) => one.name).join(', ')}`)
    const value = params[name]
    if (value === null) continue
    if (known.type === 'text' && (typeof value !== 'string' || value.length > 2000))
      throw refuse(name, 'it must be a text')
    if (known.type === 'boolean' && typeof value !== 'boolean') throw refuse(name, 'it must be true or false')
  }
  for (const { name, isMandatory } of parameters)
    if (isMandatory && String(params[name] ?? '').trim() === '') throw refuse(name, 'it is needed')
}
