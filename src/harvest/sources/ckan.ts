import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import {
  addressOf,
  chooseResources,
  common,
  type Found,
  type HarvestSource,
  isTrue,
  listOf,
  member,
  notUnderstood,
  requireAll,
  textOf,
} from '../remote.ts'

const pageRows = 100

/** CKAN's action API: https://docs.ckan.org/en/latest/api/. */
export const ckanSource: HarvestSource = {
  type: 'ckan',
  label: 'CKAN',
  description: 'A portal that runs CKAN',
  parameters: [
    {
      name: 'url',
      label: 'Address',
      type: 'text',
      description: 'Of the portal, e.g. https://data.example.org',
      isMandatory: true,
    },
    {
      name: 'query',
      label: 'Query',
      type: 'text',
      description: 'A filter of CKAN (fq), e.g. organization:city',
      isMandatory: false,
    },
    common.allResources,
    common.metadataOnly,
  ],
  async *list(params, http) {
    for (let start = 0; ; ) {
      const url = addressOf(params, 'url', '/api/3/action/package_search')
      url.search = new URLSearchParams({
        rows: String(pageRows),
        start: String(start),
        sort: 'id asc',
        ...(textOf(params.query) === undefined ? {} : { fq: textOf(params.query)! }),
      }).toString()
      const answer = await http.json(url)
      const results = member(answer, 'result', 'results')
      if (member(answer, 'success') !== true || !Array.isArray(results))
        throw notUnderstood(url, 'it has no result.results')
      const announced = Number(member(answer, 'result', 'count'))
      if (results.length === 0) return requireAll(url, announced, start)
      yield results.map((item) => readPackage(item, params))
      start += results.length
      if (Number.isFinite(announced) && start >= announced) return
    }
  },
}

function readPackage(item: JsonValue, params: JsonObject): Found {
  const title = textOf(member(item, 'title')) ?? textOf(member(item, 'name')) ?? ''
  const remoteId = textOf(member(item, 'id')) ?? textOf(member(item, 'name'))
  if (remoteId === undefined) return { remoteId: '', title, broken: 'it has no id' }
  const resources = listOf(member(item, 'resources')).map((resource) => ({
    url: textOf(member(resource, 'url')),
    title: textOf(member(resource, 'name')),
    formats: [textOf(member(resource, 'format')), textOf(member(resource, 'mimetype'))],
  }))
  return {
    remoteId,
    title,
    metas: {
      default: {
        title,
        description: textOf(member(item, 'notes')),
        keyword: listOf(member(item, 'tags')).flatMap(
          (tag) => textOf(member(tag, 'display_name')) ?? textOf(member(tag, 'name')) ?? [],
        ),
        theme: listOf(member(item, 'groups')).flatMap((group) => textOf(member(group, 'title')) ?? []),
        license: textOf(member(item, 'license_title')),
        license_url: textOf(member(item, 'license_url')),
        publisher: textOf(member(item, 'organization', 'title')) ?? textOf(member(item, 'author')),
        modified: textOf(member(item, 'metadata_modified')),
        language: textOf(member(item, 'language')),
        references: textOf(member(item, 'url')),
      },
      dcat: {
        created: textOf(member(item, 'metadata_created')),
        contact_name: textOf(member(item, 'maintainer')),
        contact_email: textOf(member(item, 'maintainer_email')),
      },
    },
    resources: isTrue(params.metadata_only) ? [] : chooseResources(resources, isTrue(params.all_resources)),
  }
}
