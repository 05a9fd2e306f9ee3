/** The catalog's search, in the address: `q`, `refine.FACET=value`, `sort`, `page`. */
import type { Api } from '../kit/api.ts'
import { catalogPath, type DatasetPage, type Facet, type FacetValue } from './dataset.ts'
import { quote } from './filters.ts'

export const catalogFacets = [
  'theme',
  'publisher',
  'keyword',
  'license',
  'language',
  'modified',
  'features',
] as const
type CatalogFacet = (typeof catalogFacets)[number]

const orders = {
  relevance: null,
  title: 'title asc',
  modified: 'modified desc',
  popular: 'explore.popularity_score desc, title',
  records: 'records_count desc',
} as const
export type CatalogSort = keyof typeof orders
export const catalogSorts = Object.keys(orders) as CatalogSort[]
/** As the hosted platform's addresses call it. */
const sortAliases: Readonly<Record<string, CatalogSort>> = { 'explore.popularity_score': 'popular' }

export interface CatalogQuery {
  readonly q: string
  readonly refine: readonly { readonly facet: CatalogFacet; readonly value: string }[]
  readonly sort: CatalogSort
  readonly page: number
}

export const catalogPageSize = 20
/** As far as offsets of the API go. */
const maxPage = 10_000 / catalogPageSize

export function readCatalogQuery(params: URLSearchParams): CatalogQuery {
  const asked = params.get('sort') ?? ''
  const sort = sortAliases[asked] ?? (asked as CatalogSort)
  const refine = [...params].flatMap(([name, value]) => {
    const facet = name.replace(/^refine\./, '') as CatalogFacet
    return name.startsWith('refine.') && catalogFacets.includes(facet) && value ? [{ facet, value }] : []
  })
  const page = Math.floor(Number(params.get('page') ?? 1))
  return {
    q: (params.get('q') ?? '').trim(),
    refine,
    sort: catalogSorts.includes(sort) ? sort : 'relevance',
    page: Math.min(maxPage, Math.max(1, Number.isFinite(page) ? page : 1)),
  }
}

export function catalogHref({ q, refine, sort, page }: CatalogQuery): string {
  const params = new URLSearchParams()
  if (q) params.set('q', q)
  for (const { facet, value } of refine) params.append(`refine.${facet}`, value)
  if (sort !== 'relevance') params.set('sort', sort)
  if (page > 1) params.set('page', String(page))
  const text = params.toString()
  return text === '' ? '/explore' : `/explore?${text}`
}

/** The query with one value of a facet added or taken away. */
export function toggledFacet(
  query: CatalogQuery,
  facet: CatalogFacet,
  { value, state }: FacetValue,
): CatalogQuery {
  const rest = query.refine.filter((one) => one.facet !== facet || one.value !== value)
  return { ...query, page: 1, refine: state === 'refined' ? rest : [...rest, { facet, value }] }
}

/** Parameters of the search API, and of exports of what was found. */
export function catalogParameters({ q, refine }: CatalogQuery) {
  // The last word may still be being written.
  return {
    where: q ? `suggest(${quote(q)})` : null,
    refine: refine.map(({ facet, value }) => `${facet}:${value}`),
  }
}

export async function searchCatalog(
  api: Api,
  query: CatalogQuery,
): Promise<{ readonly page: DatasetPage; readonly facets: readonly Facet[] }> {
  const parameters = catalogParameters(query)
  const [page, { facets }] = await Promise.all([
    api.get<DatasetPage>(`${catalogPath}/datasets`, {
      ...parameters,
      order_by: orders[query.sort],
      limit: catalogPageSize,
      offset: (query.page - 1) * catalogPageSize,
    }),
    api.get<{ facets: Facet[] }>(`${catalogPath}/facets`, parameters),
  ])
  return { page, facets }
}
