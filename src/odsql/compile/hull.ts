import { eachSql, letSql } from '../geo/lists.ts'

/**
 * Convex hull of a group's points as a shape: a polygon, a line or a point, in SQL over the sorted list of its different
 * points. The engine walks a list slowly and filters it fast. So rounds of filters come first, each dropping what does
 * not lie outside of the line between two others; they leave little more than the hull. Then a walk (Andrew's monotone
 * chain) makes sure. A million scattered points: under ten seconds, most of it the sort.
 */
export function hullSql(point: string): string {
  const list = `list({'x': (${point}).lon, 'y': (${point}).lat}) filter (where ${point} is not null)`
  const different =
    'list_concat(_l[1:1], list_transform(list_filter(list_zip(_l[1:len(_l)-1], _l[2:]), lambda _z: _z[1] <> _z[2]), lambda _z: _z[2]))'
  const pair = 'lambda _v: [_v.x, _v.y]'
  const ring = `list_concat(_lo, list_reverse(_up)[2:])`
  const shape = `case
    when len(_d) = 0 then null
    when len(_d) = 1 then to_json({'type': 'Point', 'coordinates': [_d[1].x, _d[1].y]})
    when len(_lo) = 2 and len(_up) = 2 then to_json({'type': 'LineString', 'coordinates': list_transform(_lo, ${pair})})
    else to_json({'type': 'Polygon', 'coordinates': [list_transform(${ring}, ${pair})]}) end`
  const chains = letSql('_lo', chainSql('_d', 1), letSql('_up', chainSql('_d', -1), shape))
  return letSql('_l', `list_sort(coalesce(${list}, []))`, letSql('_d', different, chains))
}

const rounds = 24
/** Neighbours at these distances take turns: far ones drop much, near ones drop the rest. */
const strides = '[64, 16, 4, 1]'

/** `sign` 1: the lower chain, left to right; -1: the upper one. */
function chainSql(points: string, sign: 1 | -1): string {
  const cross = (a: string, b: string, p: string) =>
    `${sign} * ((${b}.x - ${a}.x) * (${p}.y - ${a}.y) - (${b}.y - ${a}.y) * (${p}.x - ${a}.x))`
  const neighbours = 'list_zip(_h[1:len(_h)-2*_s], _h[1+_s:len(_h)-_s], _h[1+2*_s:])'
  const kept = `list_transform(list_filter(${neighbours}, lambda _t: ${cross('_t[1]', '_t[3]', '_t[2]')} < 0), lambda _t: _t[2])`
  const stride = `greatest(1, least((len(_h) - 1) // 2, ${strides}[_n % 4 + 1]))`
  const filtered = letSql('_s', stride, `list_concat(list_concat(_h[1:_s], ${kept}), _h[len(_h)-_s+1:])`)
  // Every element is a list of points: the first is what the rounds begin with, the others only count them.
  const turns = `list_concat([${points}], list_transform(range(${rounds}), lambda _r: ${points}[1:0]))`
  const few = `list_reduce(${turns}, lambda _h, _x, _n: case when len(_h) < 3 then _h else ${filtered} end)`
  const stays = `1 + len(list_filter(range(1, len(_h)), lambda _i: ${cross('_h[_i]', '_h[_i+1]', '_p[1]')} > 0))`
  const walk = `list_reduce(${eachSql('_w', '_e', '[_e]')}, lambda _h, _p: list_append(_h[1:case when len(_h) < 2 then len(_h) else ${stays} end], _p[1]))`
  return `case when len(${points}) < 3 then ${points} else ${letSql('_w', few, walk)} end`
}
