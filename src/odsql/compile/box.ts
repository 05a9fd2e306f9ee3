/** The bounding box of many boxes (STRUCT(west, south, east, north)) as a shape; null for none. */
export function boxShapeSql(box: string): string {
  const [w, s] = [`min((${box}).west)`, `min((${box}).south)`]
  const [e, n] = [`max((${box}).east)`, `max((${box}).north)`]
  const ring = `[[${w}, ${s}], [${e}, ${s}], [${e}, ${n}], [${w}, ${n}], [${w}, ${s}]]`
  return `case when ${w} is not null then to_json({'type': 'Polygon', 'coordinates': [${ring}]}) end`
}
