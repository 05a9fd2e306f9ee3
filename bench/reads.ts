/**
 * The reads of the `explore` section: each as a URL for the server, and as statements for the engine by hand, for SQLite
 * and for PostgreSQL. `n` counts calls, so that no two in a row are alike. The statements give what the answer holds: a
 * page and its number of matches.
 */
import { explorePath } from '../test/support/http-client.ts'
import { columns } from './peers/raw-engine.ts'
import { facetFields, recordsPath } from './server.ts'

export type Value = string | number
export interface Statement {
  /** Parameters are `$1`, `$2`... */
  readonly sql: string
  readonly values?: readonly Value[]
}

export type Peer = 'engine' | 'sqlite' | 'postgresql'

export interface Read {
  readonly name: string
  /** How many times a peer's time ours may take. */
  readonly peersFactor: number
  path(n: number): string
  statements(n: number, peer: Peer): readonly Statement[]
}

/** A record to look for: its id of ours, its key for the others, its place. */
export interface Sample {
  readonly id: string
  readonly key: number
  readonly lat: number
  readonly lon: number
}

export const complaints = [
  'Rodent',
  'Noise',
  'Street Condition',
  'Damaged Tree',
  'PLUMBING',
  'Derelict Vehicle',
]
export const boroughs = ['OLD TOWN', 'RIVERSIDE', 'NORTH HILLS', 'HARBOR EAST']
const words = ['hydrant', 'lamppost', 'sighting', 'pothole', 'leaning', 'talking']
const exportedRows = 10_000
const metresPerDegree = 111_195
const radius = 300

/** `table`: where the engine's, SQLite's and PostgreSQL's records are. */
const tables: Readonly<Record<Peer, string>> = {
  engine: 'serving.records',
  sqlite: 'records',
  postgresql: 'records',
}

export function exploreReads(datasetId: string, samples: readonly Sample[]): Read[] {
  const path = recordsPath(datasetId)
  const fields = columns.map(([name]) => name).join(', ')
  const at = <T>(list: readonly T[], n: number): T => list[n % list.length]!
  const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`
  const key = (n: number) => 100_000_000 + (n % 1000)
  const kind = (n: number): Value[] => [at(complaints, n), at(boroughs, Math.floor(n / 7))]
  const inOrder = (peer: Peer) => (peer === 'engine' ? '_row' : 'unique_key')
  /** A page of matches and their number. */
  const pageAndCount = (peer: Peer, where: string, order: string, values: readonly Value[]): Statement[] => [
    { sql: `select ${fields} from ${tables[peer]} where ${where} order by ${order} limit 20`, values },
    { sql: `select count(*) as n from ${tables[peer]} where ${where}`, values },
  ]
  const latitude = (peer: Peer) => (peer === 'engine' ? 'location.lat' : 'latitude')
  const longitude = (peer: Peer) => (peer === 'engine' ? 'location.lon' : 'longitude')
  const box = (peer: Peer) => `${latitude(peer)} between $1 and $2 and ${longitude(peer)} between $3 and $4`
  const around = ({ lat, lon }: Sample, degrees: number) => {
    const wide = degrees / Math.cos((lat * Math.PI) / 180)
    return [lat - degrees, lat + degrees, lon - wide, lon + wide] as const
  }
  return [
    {
      name: 'page of 20',
      peersFactor: 1,
      path: (n) => `${path}${query({ limit: '20', offset: String((n * 37) % 9000) })}`,
      statements: (n, peer) => [
        {
          sql: `select ${fields} from ${tables[peer]} order by ${inOrder(peer)} limit 20 offset ${(n * 37) % 9000}`,
        },
      ],
    },
    {
      name: 'filtered page',
      peersFactor: 1,
      path: (n) =>
        `${path}${query({ limit: '20', where: `complaint_type = "${kind(n)[0]}" and borough = "${kind(n)[1]}"` })}`,
      statements: (n, peer) =>
        pageAndCount(peer, 'complaint_type = $1 and borough = $2', inOrder(peer), kind(n)),
    },
    {
      name: 'page sorted by date',
      peersFactor: 1,
      path: (n) => `${path}${query({ limit: '20', offset: String(n % 50), order_by: 'created_date desc' })}`,
      statements: (n, peer) => [
        {
          sql: `select ${fields} from ${tables[peer]} order by created_date desc${peer === 'sqlite' ? '' : ' nulls last'} limit 20 offset ${n % 50}`,
        },
      ],
    },
    {
      name: 'record by id',
      peersFactor: 2,
      path: (n) => `${path}/${at(samples, n * 13).id}`,
      statements: (n, peer) =>
        peer === 'engine'
          ? [
              {
                sql: `select ${fields} from serving.records where _row in (select _row from serving.ids where _id = $1::uuid)`,
                values: [at(samples, n * 13).id],
              },
            ]
          : [
              {
                sql: `select ${fields} from records where unique_key = $1`,
                values: [at(samples, n * 13).key],
              },
            ],
    },
    {
      name: `facets over ${facetFields.length} fields`,
      peersFactor: 1,
      path: (n) => `${path.replace(/records$/, 'facets')}${query({ where: `unique_key > ${key(n)}` })}`,
      statements: (n, peer) =>
        facetFields.map((field) => ({
          sql: `select ${field}, count(*) as n from ${tables[peer]} where unique_key > $1 and ${field} is not null group by ${field} order by n desc, ${field} limit 100`,
          values: [key(n)],
        })),
    },
    {
      name: 'group by two fields',
      peersFactor: 1,
      path: (n) =>
        `${path}${query({ select: 'count(*) as n', group_by: 'agency, borough', order_by: 'n desc', limit: '100', where: `unique_key > ${key(n)}` })}`,
      statements: (n, peer) => [
        {
          sql: `select agency, borough, count(*) as n from ${tables[peer]} where unique_key > $1 group by agency, borough order by n desc limit 100`,
          values: [key(n)],
        },
      ],
    },
    {
      name: 'histogram by month',
      peersFactor: 1,
      path: (n) =>
        `${path}${query({ select: 'count(*) as n', group_by: 'range(created_date, 1 month) as month', limit: '100', where: `unique_key > ${key(n)}` })}`,
      statements: (n, peer) => {
        const month = peer === 'sqlite' ? 'substr(created_date, 1, 7)' : "date_trunc('month', created_date)"
        return [
          {
            sql: `select ${month} as month, count(*) as n from ${tables[peer]} where unique_key > $1 group by 1 order by 1 limit 100`,
            values: [key(n)],
          },
        ]
      },
    },
    {
      name: 'word search, page of 20',
      peersFactor: 1,
      path: (n) => `${path}${query({ limit: '20', where: `search("${at(words, n)}")` })}`,
      statements: (n, peer) => {
        const where = {
          engine:
            '_row in (select _row from serving.postings where term_id in (select term_id from serving.terms where starts_with(term, $1)))',
          sqlite: 'rowid in (select rowid from words where words match $1)',
          postgresql: "words @@ to_tsquery('simple', $1)",
        }[peer]
        const word = at(words, n)
        const value = { engine: word, sqlite: `${word}*`, postgresql: `${word}:*` }[peer]
        return pageAndCount(peer, where, inOrder(peer), [value])
      },
    },
    {
      name: `within ${radius} m of a place`,
      peersFactor: 1,
      path: (n) => {
        const { lat, lon } = at(samples, n * 7)
        return `${path}${query({ limit: '20', where: `within_distance(location, geom'POINT(${lon} ${lat})', ${radius}m)` })}`
      },
      statements: (n, peer) => {
        const sample = at(samples, n * 7)
        const degrees = radius / metresPerDegree
        const narrow = Math.cos((sample.lat * Math.PI) / 180)
        // Flat, which is enough of a distance at this size.
        const square = `(${latitude(peer)} - $5) * (${latitude(peer)} - $5) + (${longitude(peer)} - $6) * (${longitude(peer)} - $6) * $7 <= $8`
        return pageAndCount(peer, `${box(peer)} and ${square}`, inOrder(peer), [
          ...around(sample, degrees),
          sample.lat,
          sample.lon,
          narrow * narrow,
          degrees * degrees,
        ])
      },
    },
    {
      name: "clusters in a map's box",
      peersFactor: 1,
      path: (n) => {
        const [south, north, west, east] = around(at(samples, n * 11), 0.01)
        return `${path}${query({ select: 'count(*) as n', group_by: 'geo_cluster(location, 15, 40) as place', limit: '1000', where: `in_bbox(location, ${south}, ${west}, ${north}, ${east})` })}`
      },
      statements: (n, peer) => [
        {
          sql: `select round(${latitude(peer)} * 1000) as y, round(${longitude(peer)} * 1000) as x, count(*) as n, avg(${latitude(peer)}) as lat, avg(${longitude(peer)}) as lon from ${tables[peer]} where ${box(peer)} group by 1, 2 limit 1000`,
          values: around(at(samples, n * 11), 0.01),
        },
      ],
    },
    {
      name: `export of ${exportedRows.toLocaleString('en-US')} records as CSV`,
      peersFactor: 1,
      path: (n) =>
        `${explorePath}/${datasetId}/exports/csv${query({ limit: String(exportedRows), where: `unique_key > ${key(n)}` })}`,
      statements: (n, peer) => [
        {
          sql: `select ${fields} from ${tables[peer]} where unique_key > $1 order by ${inOrder(peer)} limit ${exportedRows}`,
          values: [key(n)],
        },
      ],
    },
  ]
}
