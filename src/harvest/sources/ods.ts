import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import {
  addressOf,
  common,
  type Found,
  type HarvestSource,
  isTrue,
  listOf,
  member,
  notUnderstood,
  objectOf,
  requireAll,
  textOf,
  textsOf,
} from '../remote.ts'

const pageRows = 100
/** The API's own limit on offset and limit together; larger catalogs come as an export. */
const deepest = 10_000
const base = '/api/explore/v2.1/catalog'

/** The explore API v2.1, which this server has too. */
export const odsSource: HarvestSource = {
  type: 'ods',
  label: 'Opendatasoft',
  description: 'A portal of the Opendatasoft platform, or another server of this kind',
  parameters: [
    {
      name: 'domain',
      label: 'Domain',
      type: 'text',
      description: 'Host of the portal, or its whole address',
      isMandatory: true,
    },
    {
      name: 'where',
      label: 'Filter',
      type: 'text',
      description: 'An ODSQL filter of the catalog',
      isMandatory: false,
    },
    common.metadataOnly,
  ],
  async *list(params, http) {
    const where = textOf(params.where)
    const filter: Record<string, string> = where === undefined ? {} : { where }
    for (let offset = 0; ; ) {
      const url = addressOf(params, 'domain', `${base}/datasets`)
      url.search = new URLSearchParams({
        limit: String(pageRows),
        offset: String(offset),
        order_by: 'dataset_id',
        ...filter,
      }).toString()
      const answer = await http.json(url)
      const results = member(answer, 'results')
      const total = Number(member(answer, 'total_count'))
      if (!Array.isArray(results) || !Number.isFinite(total)) throw notUnderstood(url, 'it has no results')
      if (offset === 0 && total > deepest) {
        const all = addressOf(params, 'domain', `${base}/exports/json`)
        all.search = new URLSearchParams(filter).toString()
        const datasets = await http.json(all)
        if (!Array.isArray(datasets)) throw notUnderstood(all, 'it is no list of datasets')
        requireAll(all, total, datasets.length)
        for (let at = 0; at < datasets.length; at += pageRows)
          yield datasets.slice(at, at + pageRows).map((item) => readDataset(item, params))
        return
      }
      if (results.length === 0) return requireAll(url, total, offset)
      yield results.map((item) => readDataset(item, params))
      offset += results.length
      if (offset >= total) return
      if (offset + pageRows > deepest) return requireAll(url, total, offset)
    }
  },
}

function readDataset(item: JsonValue, params: JsonObject): Found {
  const remoteId = textOf(member(item, 'dataset_id'))
  const standard = objectOf(member(item, 'metas', 'default')) ?? {}
  const title = textOf(member(standard, 'title')) ?? remoteId ?? ''
  if (remoteId === undefined) return { remoteId: '', title, broken: 'it has no dataset_id' }
  const dcat = objectOf(member(item, 'metas', 'dcat')) ?? {}
  const texts = (of: JsonObject, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, textOf(member(of, name))]))
  const hasRecords = member(item, 'has_records') !== false
  return {
    remoteId,
    title,
    metas: {
      default: {
        title,
        ...texts(standard, [
          'description',
          'license',
          'license_url',
          'language',
          'timezone',
          'modified',
          'publisher',
          'references',
        ]),
        keyword: textsOf(member(standard, 'keyword')),
        theme: textsOf(member(standard, 'theme')),
        territory: textsOf(member(standard, 'territory')),
        attributions: listOf(member(standard, 'attributions')).flatMap((one) => textOf(one) ?? []),
      },
      dcat: texts(dcat, [
        'created',
        'issued',
        'creator',
        'contributor',
        'contact_name',
        'contact_email',
        'accrualperiodicity',
        'spatial',
        'temporal',
        'granularity',
        'dataquality',
      ]),
    },
    resources: isTrue(params.metadata_only) || !hasRecords ? [] : [exportOf(remoteId, params)],
  }
}

function exportOf(remoteId: string, params: JsonObject) {
  const url = addressOf(params, 'domain', `${base}/datasets/${encodeURIComponent(remoteId)}/exports/csv`)
  url.search = 'delimiter=%3B&use_labels=false'
  return { url: url.href, title: `${remoteId}.csv`, type: 'csvfile', params: { separator: ';' } }
}
