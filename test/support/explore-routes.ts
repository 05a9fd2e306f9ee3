/** Every route of the server, as its router has them, and the addresses that ask the public ones about one dataset. */
import { catalogFormats, exportFormats } from '../../src/exports/index.ts'
import { createHttpServer, type HttpServices } from '../../src/http/index.ts'

export interface Route {
  readonly method: string
  /** With `:parameters`. */
  readonly path: string
}

/** Read from a router of the test's own: routes that the OpenAPI document does not show are among them. */
export async function readRoutes(): Promise<Route[]> {
  const app = await createHttpServer(noServices)
  try {
    return routesOf(app.printRoutes({ commonPrefix: false }))
  } finally {
    await app.close()
  }
}

/** Routes are registered with services, and call them only when they are asked. */
const noServices: HttpServices = new Proxy(() => {}, {
  get: (_target, name) => (name === 'then' ? undefined : name === Symbol.toPrimitive ? () => 1 : noServices),
  apply: () => noServices,
}) as never

/** The printed tree: four characters a level, `path (METHOD, METHOD)`. */
function routesOf(tree: string): Route[] {
  const routes: Route[] = []
  const parents: string[] = []
  for (const line of tree.split('\n')) {
    const [, indentation, own, methods] = /^([│ ]*)[├└]── (\S+)(?: \(([^)]*)\))?$/.exec(line) ?? []
    if (indentation === undefined || own === undefined) continue
    const level = indentation.length / 4
    parents.length = level
    parents[level] = `${parents[level - 1] ?? ''}${own}`
    for (const method of methods?.split(', ') ?? []) routes.push({ method, path: parents[level]! })
  }
  return routes
}

export const isPublic = ({ path }: Route): boolean =>
  path.startsWith('/api/') &&
  !/^\/api\/(management|automation|push|docs|openapi|auth|notifications|portal)/.test(path)

/** Routes about one dataset: in the path, or asked for by API 1.0. */
export const isOfDataset = ({ path }: Route): boolean =>
  path.includes(':dataset_id') || path.startsWith('/api/records/1.0/')

export interface Subject {
  readonly datasetId: string
  readonly recordId: string
  /** Names of Parquet parts. */
  readonly parts: readonly string[]
  /** Uids of its attachments and of its alternative exports. */
  readonly attached?: {
    readonly attachments: readonly string[]
    readonly alternative_exports: readonly string[]
  }
  /** Of its exports; default: all. */
  readonly formats?: readonly string[]
}

/** What a route needs to have an answer. */
const questions: Readonly<Record<string, readonly string[]>> = {
  '/api/records/1.0/analyze': ['x=city&y.n.func=COUNT'],
  '/api/records/1.0/download': ['format=json', 'format=csv', 'format=geojson'],
  '/api/records/1.0/search': ['', 'facet=city', 'format=rss', 'format=atom'],
}

/** All addresses of a route about a dataset: one for each format and file. */
export function addressesOf({ path }: Route, subject: Subject): string[] {
  const { datasetId, recordId, parts, formats = Object.keys(exportFormats) } = subject
  const isCatalog = !path.includes(':dataset_id')
  const choices: Readonly<Record<string, readonly string[]>> = {
    ':dataset_id': [datasetId],
    ':field': [isCatalog ? 'keyword' : 'city'],
    ':record_id': [recordId],
    ':file': ['all.parquet', ...parts],
    ':attached_uid': path.includes('/attachments/')
      ? (subject.attached?.attachments ?? [])
      : (subject.attached?.alternative_exports ?? []),
    // Few datasets have files of records: media.test.ts asks for them.
    ':file_id': [],
    ':z': ['0'],
    ':x': ['0'],
    ':y.mvt': ['0.mvt'],
    ':format': isCatalog ? Object.keys(catalogFormats) : formats,
  }
  let addresses = ['']
  for (const segment of path.split('/').slice(1)) {
    const values = choices[segment] ?? [segment]
    addresses = addresses.flatMap((start) => values.map((value) => `${start}/${value}`))
  }
  const named = path.startsWith('/api/records/1.0/') ? [`dataset=${datasetId}`] : []
  const isDiff = /\/versions\/diff(\/|$)/.test(path)
  const asked = questions[path] ?? [isDiff ? 'from=current' : '']
  return addresses.flatMap((address) =>
    asked.map((question) => {
      const query = [...named, question].filter((text) => text !== '').join('&')
      return query === '' ? address : `${address}?${query}`
    }),
  )
}

export const withParameter = (address: string, parameter: string): string =>
  `${address}${address.includes('?') ? '&' : '?'}${parameter}`
