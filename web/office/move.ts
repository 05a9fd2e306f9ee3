/** A list in which one item and its neighbour have changed places; as it was where there is no such neighbour. */
export function moved<T>(list: readonly T[], at: number, direction: string): T[] {
  const to = direction === 'up' ? at - 1 : at + 1
  const changed = [...list]
  if (at < 0 || at >= list.length || to < 0 || to >= list.length) return changed
  changed[at] = list[to]!
  changed[to] = list[at]!
  return changed
}
