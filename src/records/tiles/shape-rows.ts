/** Shapes as the engine leaves them: thinned out, in whole steps, never more text than a tile may take. */
import type { Place } from 'lineclip'
import type { Connection, Row } from '../../engine/index.ts'
import { compileTileShapes, type RowsStatement, type TileOrder } from '../../odsql/index.ts'
import { maxBytes, propertiesOf, propertiesSql } from './properties.ts'

export interface ShapeRow {
  /** Position of the record. */
  readonly row: number
  readonly properties: Readonly<Record<string, unknown>>
  readonly points: readonly Place[]
  readonly lines: readonly (readonly Place[])[]
  /** Each a list of rings, closed. */
  readonly areas: readonly (readonly (readonly Place[])[])[]
}

export interface ShapesOrder {
  /** Widths of a step, in units of the tile: the first is taken, and the next where that would be too much text. */
  readonly steps: readonly number[]
  readonly limit: number
  readonly isThinned: boolean
  readonly isWorld?: boolean
  readonly signal: AbortSignal
}

export async function readShapeRows(
  connection: Connection,
  order: TileOrder,
  { steps, signal, ...options }: ShapesOrder,
): Promise<{ readonly rows: readonly ShapeRow[]; readonly step: number }> {
  for (const [index, step] of steps.entries()) {
    const statement = compileTileShapes(order, { step, ...options })
    const rows = await connection.all(shapesSql(statement, order.query.timezone), statement.values, signal)
    if (index === steps.length - 1 || rows.every((row) => row._fits))
      return { rows: rows.filter((row) => row._fits).map(shapeOf), step }
  }
  throw new TypeError('at least one step is needed')
}

/** What is too much leaves the engine as null. */
function shapesSql(statement: RowsStatement, timezone: string): string {
  const properties = propertiesSql(statement.columns, timezone)
  const size = 'strlen(concat(points, lines, areas))'
  const fits = `sum(${size}) over (rows unbounded preceding) <= ${maxBytes}`
  const shown = ['points', 'lines', 'areas'].map((part) => `case when _fits then ${part} end as ${part}`)
  return `select _row, _kind, _x, _y, _fits, _properties, ${shown.join(', ')} from (select *, ${fits} as _fits, ${properties} from (${statement.sql}))`
}

function shapeOf(row: Row): ShapeRow {
  const read = <T>(part: string) => (row[part] === null ? [] : JSON.parse(String(row[part]))) as T[]
  const parts =
    row._kind === null
      ? {
          points: read<Place>('points'),
          lines: read<Place[]>('lines'),
          areas: read<Place[][]>('areas'),
        }
      : smallShape(String(row._kind), Number(row._x), Number(row._y))
  return { row: Number(row._row), properties: propertiesOf(row), ...parts }
}

/** A shape that is smaller than a step is drawn one step large. */
function smallShape(kind: string, x: number, y: number): Pick<ShapeRow, 'points' | 'lines' | 'areas'> {
  const none = { points: [], lines: [], areas: [] }
  if (kind.endsWith('Point')) return { ...none, points: [[x, y]] }
  const along: Place[] = [
    [x, y],
    [x + 1, y],
  ]
  if (kind.endsWith('LineString')) return { ...none, lines: [along] }
  return { ...none, areas: [[[...along, [x + 1, y + 1], [x, y + 1], [x, y]]]] }
}
