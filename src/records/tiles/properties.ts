/** Properties of features, as JSON texts from the engine. */
import type { Row } from '../../engine/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { jsonRowSql, recordIdSql } from '../render.ts'

/** Text of properties in a tile at most, and once more of shapes. */
export const maxBytes = 4 << 20

/** SQL of the column `_properties`: what is behind so much text has its record id and nothing else. */
export function propertiesSql(columns: readonly ResultColumn[], timezone: string): string {
  const json = jsonRowSql(columns, timezone, [['_id', recordIdSql]])
  const plain = jsonRowSql([], timezone, [['_id', recordIdSql]])
  const isWithin = `sum(strlen(${json})) over (rows unbounded preceding) <= ${maxBytes}`
  return columns.length === 0
    ? `${plain} as _properties`
    : `case when ${isWithin} then ${json} else ${plain} end as _properties`
}

export const propertiesOf = (row: Row) => JSON.parse(String(row._properties)) as Record<string, unknown>
