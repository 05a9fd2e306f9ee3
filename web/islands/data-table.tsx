import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Word } from '../../shared/words.ts'
import { Cell } from '../components/cell.tsx'
import { Icon } from '../components/icon.tsx'
import { useEnv } from '../kit/env.ts'
import { type DataRecord, type Field, isNumber } from '../portal/dataset.ts'
import type { ApiFilters } from '../portal/filters.ts'
import { createRecordWindows } from '../portal/windows.ts'

export interface DataTableProps {
  readonly datasetId: string
  readonly title: string
  /** The chosen columns, in order. */
  readonly fields: readonly Field[]
  readonly query: ApiFilters & { readonly order_by: string | null; readonly select: string | null }
  readonly total: number
  /** Of the first record that the server has rendered. */
  readonly offset: number
  readonly records: readonly DataRecord[]
  /** Of each column: the words that were searched for in it. */
  readonly words: readonly (readonly Word[])[]
  /** Of each column: where its heading leads, and how it is ordered now. */
  readonly sorts: readonly { readonly href: string; readonly order: 'ascending' | 'descending' | 'none' }[]
}

export const rowHeight = 36
/** Browsers do not draw elements taller than some 17 to 33 million pixels. */
const maxHeight = 12_000_000
const overscan = 8
/** Taller than any screen. On paper the place to scroll is as tall as all that is in it, which nobody could draw. */
const tallest = 4000
/** Rows on paper: those in sight and what follows, as far as they have been fetched. */
const printedRows = 100

/**
 * The records of a dataset. As the server renders it: a page of them. Awake: all of them, scrolled; rows that are out of
 * sight are not there. With more records than a scroll bar has pixels, the bar is a scale and the wheel moves by rows.
 */
export default function DataTable(props: DataTableProps): VNode {
  const { fields, total, offset, records, sorts, title, words } = props
  const { t, format } = useEnv()
  const scroller = useRef<HTMLDivElement>(null)
  const { at, range, handlers } = useScrolledRecords(props, scroller)
  const rows =
    range === null
      ? records.map((record, index) => ({ index: offset + index, record: record as DataRecord | undefined }))
      : Array.from({ length: range.end - range.start }, (_, index) => ({
          index: range.start + index,
          record: at(range.start + index),
        }))
  const before = useRef<ReadonlyMap<number, DrawnRow>>(new Map())
  const drawn = drawRows(before.current, rows, (key, index, record) => (
    <tr key={key} aria-rowindex={index + 2} class={index % 2 === 1 ? 'odd' : undefined}>
      <th scope="row" class="row-number number">
        {format.number(index + 1)}
      </th>
      {fields.map((field, column) => (
        <td key={field.name} class={isNumber(field) ? 'number' : undefined}>
          {record === undefined ? (
            <span class="ghost" />
          ) : (
            <Cell field={field} value={record[field.name]} words={words[column]} />
          )}
        </td>
      ))}
    </tr>
  ))
  useLayoutEffect(() => {
    before.current = drawn
  })
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would be a landmark among landmarks; this is a place to scroll.
    <div
      class={`data-scroll${range === null ? '' : ' awake'}`}
      ref={scroller}
      role="region"
      aria-label={t('table.region', { title })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      {...handlers}
    >
      <table class="data-table" aria-rowcount={total + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th class="row-number" scope="col">
              <span class="visually-hidden">{t('table.position')}</span>
            </th>
            {fields.map((field, index) => (
              <th
                key={field.name}
                scope="col"
                class={widthOf(field)}
                aria-sort={sorts[index]!.order}
                title={field.description ?? field.label}
              >
                <a href={sorts[index]!.href} rel="nofollow">
                  <span>{field.label}</span>
                  {sorts[index]!.order !== 'none' && (
                    <Icon name={sorts[index]!.order === 'ascending' ? 'up' : 'down'} />
                  )}
                </a>
              </th>
            ))}
          </tr>
        </thead>
        {range !== null && <Spacer height={range.before} columns={fields.length + 1} />}
        <tbody>{[...drawn.values()].map(({ row }) => row)}</tbody>
        {range !== null && <Spacer height={range.after} columns={fields.length + 1} />}
      </table>
    </div>
  )
}

interface DrawnRow {
  readonly key: number
  readonly record: DataRecord | undefined
  readonly row: VNode
}

/**
 * Rows as they were drawn last: one that is still in sight is the same element, which Preact does not look into, and one that
 * comes takes the place of one that went, so that a table that is flung through makes no elements.
 */
function drawRows(
  before: ReadonlyMap<number, DrawnRow>,
  rows: readonly { readonly index: number; readonly record: DataRecord | undefined }[],
  make: (key: number, index: number, record: DataRecord | undefined) => VNode,
): Map<number, DrawnRow> {
  const inSight = new Set(rows.map(({ index }) => index))
  const free = [...before].filter(([index]) => !inSight.has(index)).map(([, { key }]) => key)
  let next = Math.max(-1, ...[...before.values()].map(({ key }) => key)) + 1
  return new Map(
    rows.map(({ index, record }) => {
      const known = before.get(index)
      if (known && known.record === record) return [index, known]
      const key = known?.key ?? free.shift() ?? next++
      return [index, { key, record, row: make(key, index, record) }]
    }),
  )
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }): VNode {
  return (
    <tbody aria-hidden="true">
      <tr>
        <td class="spacer" colSpan={columns} style={{ height: `${height}px` }} />
      </tr>
    </tbody>
  )
}

function widthOf(field: Field): string {
  const { type, name } = field
  if (isNumber(field)) return 'w-s number'
  if (type === 'date' || type === 'boolean') return 'w-s'
  if (type === 'datetime' || type === 'geo_point_2d') return 'w-m'
  return /description|comment|text|address/i.test(name) ? 'w-l' : 'w-m'
}

interface RowRange {
  readonly start: number
  readonly end: number
  /** Pixels above and below the rows. */
  readonly before: number
  readonly after: number
}

/** Which rows are in sight. `range` is null until the browser has taken over. */
function useScrolledRecords(
  { datasetId, query, total, offset, records }: DataTableProps,
  scroller: { current: HTMLDivElement | null },
) {
  const { api } = useEnv()
  const [isAwake, setAwake] = useState(false)
  const [isPrinting, setPrinting] = useState(false)
  const [top, setTop] = useState(offset)
  const [height, setHeight] = useState(600)
  const [, setLoaded] = useState(0)
  const own = useRef(-1)
  const windows = useMemo(
    () =>
      createRecordWindows(api, datasetId, query, offset === 0 ? records : [], () =>
        setLoaded((count) => count + 1),
      ),
    // The page is made anew with every query.
    [],
  )
  const whole = total * rowHeight
  const drawn = Math.min(whole, maxHeight)
  const isScaled = whole > maxHeight
  const visible = Math.max(1, (height - rowHeight) / rowHeight)
  const lastTop = Math.max(0, total - visible)
  const scrollable = Math.max(1, drawn - (height - rowHeight))
  const toPixels = (row: number) => (isScaled ? (row / Math.max(1, lastTop)) * scrollable : row * rowHeight)
  const toRow = (pixels: number) => (isScaled ? (pixels / scrollable) * lastTop : pixels / rowHeight)

  const moveTo = (row: number) => {
    const next = Math.min(lastTop, Math.max(0, row))
    const element = scroller.current
    if (!element) return
    element.scrollTop = toPixels(next)
    own.current = element.scrollTop
    setTop(next)
  }

  useEffect(() => {
    const element = scroller.current!
    setAwake(true)
    const observer = new ResizeObserver(() => setHeight(Math.min(tallest, element.clientHeight)))
    observer.observe(element)
    const wheel = (event: WheelEvent) => {
      if (event.deltaY === 0 || event.ctrlKey || event.shiftKey) return
      const rows = event.deltaMode === 1 ? event.deltaY : event.deltaY / rowHeight
      event.preventDefault()
      element.dispatchEvent(new CustomEvent('rows', { detail: rows }))
    }
    // Within the pixels of a bar the browser scrolls by itself, and better.
    if (isScaled) element.addEventListener('wheel', wheel, { passive: false })
    const before = () => setPrinting(true)
    const after = () => setPrinting(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      observer.disconnect()
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
      element.removeEventListener('wheel', wheel)
      windows.stop()
    }
  }, [])

  useEffect(() => {
    const element = scroller.current!
    const byRows = (event: Event) => moveTo(top + (event as CustomEvent<number>).detail)
    element.addEventListener('rows', byRows)
    return () => element.removeEventListener('rows', byRows)
  })

  useEffect(() => {
    if (isAwake && offset > 0) moveTo(offset)
  }, [isAwake])

  const start = Math.max(0, Math.floor(top) - overscan)
  const end = Math.min(total, Math.ceil(top + visible) + overscan)
  useEffect(() => {
    if (!isAwake) return
    const timer = setTimeout(() => windows.need(start, Math.max(start, end - 1)), isScaled ? 60 : 20)
    return () => clearTimeout(timer)
  }, [start, end, isAwake])

  const before = Math.max(0, toPixels(top) - (top - start) * rowHeight)
  const at = (index: number) => windows.at(index) ?? known(index)
  const range: RowRange | null = isPrinting
    ? printed(Math.floor(top))
    : isAwake
      ? { start, end, before, after: Math.max(0, drawn - before - (end - start) * rowHeight) }
      : null
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: Math.floor(visible) - 1,
    PageUp: 1 - Math.floor(visible),
  }
  const handlers = {
    onScroll() {
      const { scrollTop } = scroller.current!
      if (Math.abs(scrollTop - own.current) < 1) return
      own.current = -1
      setTop(Math.min(lastTop, Math.max(0, toRow(scrollTop))))
    },
    onKeyDown(event: KeyboardEvent) {
      if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return
      const step = steps[event.key]
      if (step === undefined && event.key !== 'Home' && event.key !== 'End') return
      event.preventDefault()
      moveTo(step === undefined ? (event.key === 'Home' ? 0 : lastTop) : Math.round(top) + step)
    },
  }
  return { at, range, handlers }

  function printed(first: number): RowRange {
    let last = first
    while (last < total && last - first < printedRows && at(last) !== undefined) last++
    return { start: first, end: last, before: 0, after: 0 }
  }

  function known(index: number): DataRecord | undefined {
    return index >= offset ? records[index - offset] : undefined
  }
}
