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
  type SourceHttp,
  textOf,
  textsOf,
} from '../remote.ts'

const pageRows = 100

/** DCAT-US, Project Open Data's data.json: https://resources.data.gov/resources/dcat-us/. */
export const datajsonSource: HarvestSource = {
  type: 'datajson',
  label: 'DCAT-US (data.json)',
  description: 'A catalog in one file, as portals of the United States publish it',
  parameters: [
    {
      name: 'url',
      label: 'Address',
      type: 'text',
      description: 'Of the file, e.g. https://data.example.org/data.json',
      isMandatory: true,
    },
    common.allResources,
    common.metadataOnly,
  ],
  list: (params, http) => listFile(addressOf(params, 'url', ''), params, http),
}

/** ArcGIS Hub gives its catalog in the same form: https://hub.arcgis.com. */
export const arcgisSource: HarvestSource = {
  type: 'arcgis',
  label: 'ArcGIS Hub',
  description: 'A site of ArcGIS Hub, by its DCAT-US feed',
  parameters: [
    {
      name: 'url',
      label: 'Address',
      type: 'text',
      description: 'Of the site, e.g. https://data-city.opendata.arcgis.com',
      isMandatory: true,
    },
    common.allResources,
    common.metadataOnly,
  ],
  list: (params, http) => listFile(addressOf(params, 'url', '/api/feed/dcat-us/1.1.json'), params, http),
}

async function* listFile(url: URL, params: JsonObject, http: SourceHttp): AsyncGenerator<readonly Found[]> {
  const answer = await http.json(url)
  const datasets = Array.isArray(answer) ? answer : member(answer, 'dataset')
  if (!Array.isArray(datasets)) throw notUnderstood(url, 'it has no list named dataset')
  for (let at = 0; at < datasets.length; at += pageRows)
    yield datasets.slice(at, at + pageRows).map((item) => readDataset(item, params))
}

function readDataset(item: JsonValue, params: JsonObject): Found {
  const title = textOf(member(item, 'title')) ?? ''
  const remoteId = textOf(member(item, 'identifier'))
  if (remoteId === undefined) return { remoteId: '', title, broken: 'it has no identifier' }
  const distributions = listOf(member(item, 'distribution')).map((distribution) => ({
    url: textOf(member(distribution, 'downloadURL')) ?? textOf(member(distribution, 'accessURL')),
    title: textOf(member(distribution, 'title')),
    formats: [textOf(member(distribution, 'mediaType')), textOf(member(distribution, 'format'))],
  }))
  const license = textOf(member(item, 'license'))
  return {
    remoteId,
    title,
    metas: {
      default: {
        title,
        description: textOf(member(item, 'description')),
        keyword: textsOf(member(item, 'keyword')),
        theme: textsOf(member(item, 'theme')),
        license,
        license_url: license !== undefined && /^https?:/i.test(license) ? license : undefined,
        publisher: textOf(member(item, 'publisher', 'name')),
        modified: textOf(member(item, 'modified')),
        language: textsOf(member(item, 'language'))?.[0],
        references: textOf(member(item, 'landingPage')),
      },
      dcat: {
        issued: textOf(member(item, 'issued')),
        contact_name: textOf(member(item, 'contactPoint', 'fn')),
        contact_email: textOf(member(item, 'contactPoint', 'hasEmail'))?.replace(/^mailto:/i, ''),
        accrualperiodicity: textOf(member(item, 'accrualPeriodicity')),
        spatial: textOf(member(item, 'spatial')),
        temporal: textOf(member(item, 'temporal')),
      },
    },
    resources: isTrue(params.metadata_only)
      ? []
      : chooseResources(distributions, isTrue(params.all_resources)),
  }
}
