/** Steps whose values a geo service computes: one that it cannot handle is a record error with the reason it gives. */
import type { JsonObject } from '../../kernel/index.ts'
import type { GeoReason, geoReasons } from '../geo/answer.ts'
import type { GeoService } from './geo-services.ts'
import { pointType } from './points.ts'
import type { CompiledStep, SetColumn, StepFailure } from './processor.ts'

export interface GeoStep {
  readonly service: GeoService
  readonly request?: JsonObject
  /** SQL of what is computed from; text. */
  readonly key: string
  readonly output: string
  /** What comes out: a shape, a point, or text that a point or a shape is read from. */
  readonly gives: 'shape' | 'point' | 'text'
  /** Those that the service can give. */
  readonly reasons: readonly GeoReason[]
}

export function geoStep({ service, request = {}, key, output, gives, reasons }: GeoStep): CompiledStep {
  return {
    lookup: { service, request, key },
    set: [outputOf(output, gives)],
    failures: reasons.map((reason) => failed(output, key, reason)),
  }
}

function outputOf(name: string, gives: GeoStep['gives']): SetColumn {
  const text = "json_extract_string(_answer, '$.value')"
  if (gives === 'text') return { name, engineType: 'VARCHAR', sql: text }
  if (gives === 'shape') return { name, engineType: 'VARCHAR', sql: text, fixedType: 'geo_shape' }
  const part = (axis: string) => `json_extract_string(_answer, '$.value.${axis}')::double`
  const sql = `case when json_exists(_answer, '$.value') then {'lon': ${part('lon')}, 'lat': ${part('lat')}} end`
  return { name, engineType: pointType, sql }
}

function failed(field: string, key: string, reason: (typeof geoReasons)[number]): StepFailure {
  return {
    field,
    when: `json_extract_string(_answer, '$.error') = '${reason}'`,
    value: `left(${key}, 500)`,
    reason,
  }
}
