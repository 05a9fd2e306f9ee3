import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import {
  addressOf,
  common,
  type Found,
  type HarvestSource,
  isTrue,
  member,
  notUnderstood,
  requireAll,
  textOf,
  textsOf,
} from '../remote.ts'

const pageRows = 100

/** Socrata's discovery API: https://dev.socrata.com/docs/other/discovery. */
export const socrataSource: HarvestSource = {
  type: 'socrata',
  label: 'Socrata',
  description: 'A portal that runs Socrata',
  parameters: [
    {
      name: 'url',
      label: 'Address',
      type: 'text',
      description: 'Of the portal, e.g. https://data.example.org',
      isMandatory: true,
    },
    common.metadataOnly,
  ],
  async *list(params, http) {
    const { hostname } = addressOf(params, 'url', '')
    for (let offset = 0; ; ) {
      const url = addressOf(params, 'url', '/api/catalog/v1')
      url.search = new URLSearchParams({
        domains: hostname,
        search_context: hostname,
        only: 'datasets',
        limit: String(pageRows),
        offset: String(offset),
        order: 'dataset_id',
      }).toString()
      const answer = await http.json(url)
      const results = member(answer, 'results')
      if (!Array.isArray(results)) throw notUnderstood(url, 'it has no results')
      const total = Number(member(answer, 'resultSetSize'))
      if (results.length === 0) return requireAll(url, total, offset)
      yield results.map((item) => readDataset(item, params))
      offset += results.length
      if (Number.isFinite(total) && offset >= total) return
    }
  },
}

function readDataset(item: JsonValue, params: JsonObject): Found {
  const title = textOf(member(item, 'resource', 'name')) ?? ''
  const remoteId = textOf(member(item, 'resource', 'id'))
  if (remoteId === undefined) return { remoteId: '', title, broken: 'it has no resource.id' }
  const csv = addressOf(params, 'url', `/api/views/${encodeURIComponent(remoteId)}/rows.csv`)
  csv.search = 'accessType=DOWNLOAD'
  const category = textOf(member(item, 'classification', 'domain_category'))
  return {
    remoteId,
    title,
    metas: {
      default: {
        title,
        description: textOf(member(item, 'resource', 'description')),
        keyword: textsOf(member(item, 'classification', 'domain_tags')),
        theme: category === undefined ? undefined : [category],
        license: textOf(member(item, 'metadata', 'license')),
        publisher: textOf(member(item, 'resource', 'attribution')),
        modified: textOf(member(item, 'resource', 'updatedAt')),
        references: textOf(member(item, 'permalink')),
      },
      dcat: { created: textOf(member(item, 'resource', 'createdAt')) },
    },
    resources: isTrue(params.metadata_only)
      ? []
      : [{ url: csv.href, title: `${remoteId}.csv`, type: 'csvfile', params: {} }],
  }
}
