/** A table with every field type, nulls, several values and texts that are hard to write down: what exports are tested with. */
import type { DatasetSpec } from './http-client.ts'

/** Each for the format it would break. */
export const hostileTexts: readonly string[] = [
  'plain',
  'quotes " and \' and `backticks`',
  'a <b>tag</b> & an &amp; entity',
  ']]> ends CDATA, --> ends a comment, <!-- begins one',
  'line one\nline two\r\nline three\ttab',
  'control \u0001 \u000b \u001f \u007f \ufffe',
  'back\\slash \\n \\" \\u0041 _x0041_',
  'שלום \u202emirrored\u202c عربي',
  'é 日本 😀 \u2028 \u2029',
  '=1+1',
  '-2+3;"x",|y',
  '@sum(a1)',
  '\t=tab',
  ' leading and trailing ',
  "'; drop table records; --",
  '<?xml version="1.0"?>',
  '{{y}} %s %d $1 \\1',
  ',',
  ';',
]

const shapes: readonly unknown[] = [
  { type: 'Point', coordinates: [4.85, 45.75] },
  {
    type: 'LineString',
    coordinates: [
      [0, 0],
      [1.5, -1.25],
      [2, 3],
    ],
  },
  {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [10, 0],
        [10, 10],
        [0, 10],
        [0, 0],
      ],
      [
        [2, 2],
        [2, 4],
        [4, 4],
        [4, 2],
        [2, 2],
      ],
    ],
  },
  {
    type: 'MultiPoint',
    coordinates: [
      [1, 2],
      [3, 4],
    ],
  },
  {
    type: 'MultiLineString',
    coordinates: [
      [
        [0, 0],
        [1, 1],
      ],
      [
        [5, 5],
        [6, 7],
      ],
    ],
  },
  {
    type: 'MultiPolygon',
    coordinates: [
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
      [
        [
          [5, 5],
          [6, 5],
          [6, 6],
          [5, 5],
        ],
      ],
    ],
  },
  null,
]

export interface Place {
  readonly id: number
  readonly name: string | null
  readonly large: number | null
  readonly price: number | null
  readonly open: boolean | null
  readonly day: string | null
  readonly seen: string | null
  readonly tags: readonly string[] | null
  readonly doc: unknown
  readonly at: { readonly lon: number; readonly lat: number } | null
  readonly shape: unknown
}

/** One per hostile text, then one of nulls only. */
export function places(): Place[] {
  const made = hostileTexts.map((name, index): Place => {
    const isOdd = index % 2 === 1
    return {
      id: index + 1,
      name,
      large: 9_007_199_254_740_991 - index,
      price: index % 5 === 4 ? null : index * 1.25 - 3,
      open: index % 3 === 2 ? null : isOdd,
      day: index % 4 === 3 ? null : `20${10 + index}-02-28`,
      seen: index % 4 === 2 ? null : `2024-0${(index % 9) + 1}-15T23:30:0${index % 10}+00:00`,
      tags: index % 6 === 5 ? null : ['one', `tag ${index}`, name.replaceAll(/[\t\r\n]/g, ' ').trim()],
      doc: isOdd ? { filename: `doc "${index}" <&>.pdf`, url: `http://example.org/${index}` } : null,
      at: index % 5 === 3 ? null : { lon: index * 7.5 - 60, lat: 45.5 - index },
      shape: shapes[index % shapes.length],
    }
  })
  const nothing = { name: null, large: null, price: null, open: null, day: null, seen: null, tags: null }
  return [...made, { id: made.length + 1, ...nothing, doc: null, at: null, shape: null }]
}

const type = (field: string, name: string) => ({ name: 'type', args: { field, type: name } })

/** The table as a dataset; `more` are further records with an id and a name. */
export function placesSpec(more: readonly Pick<Place, 'id' | 'name'>[] = []): DatasetSpec {
  const records = [...places(), ...more].map((place) => {
    const { at, shape, doc, ...flat } = place as Place
    const text = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))
    return { ...flat, doc: text(doc), at: at ? `${at.lat},${at.lon}` : null, shape: text(shape) }
  })
  return {
    filename: 'places.jsonl',
    content: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    extractor: 'jsonl',
    metas: { default: { title: 'Places & <things>', keyword: ['a', 'b'], language: 'en' } },
    fieldSpecifications: [
      type('name', 'text'),
      type('large', 'int'),
      type('price', 'double'),
      type('open', 'boolean'),
      type('day', 'date'),
      type('seen', 'datetime'),
      type('doc', 'file'),
      type('at', 'geo_point_2d'),
      type('shape', 'geo_shape'),
      { name: 'rename', args: { from_name: 'name', to_name: 'name', label: 'Name & "label"' } },
    ],
  }
}
