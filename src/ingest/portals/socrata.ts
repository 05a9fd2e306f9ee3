/** Socrata: whatever the page, its address has the dataset's id, `xxxx-xxxx`. */
import { metadataOf, objectOf, type Portal, type PortalDataset, segmentsOf, textOf } from './portal.ts'

export const socrata: Portal = {
  kind: 'socrata',
  recognise(url) {
    const segments = segmentsOf(url)
    const id = segments
      ?.map((segment) => /^([a-z0-9]{4}-[a-z0-9]{4})(\.\w+)?$/.exec(segment)?.[1])
      .find(Boolean)
    return id ? datasetAt(url.origin, id) : null
  },
}

function datasetAt(origin: string, id: string): PortalDataset {
  return {
    async describe(ask) {
      const view = objectOf(await ask(new URL(`${origin}/api/views/${id}.json`)))
      if (view.id !== id || !Array.isArray(view.columns)) return null
      const seconds = Number(view.rowsUpdatedAt)
      return {
        title: textOf(view.name),
        metadata: metadataOf({
          description: view.description,
          license: objectOf(view.license).name ?? view.licenseId,
          keyword: view.tags,
          publisher: view.attribution,
          language: null,
          theme: view.category,
          modified: seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000).toISOString() : null,
        }),
        downloadUrl: `${origin}/api/views/${id}/rows.csv?accessType=DOWNLOAD`,
        extractor: 'csvfile',
        params: {},
      }
    },
  }
}
