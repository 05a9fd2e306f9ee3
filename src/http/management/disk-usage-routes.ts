import { findDataset } from '../../catalog/index.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { datasetParams, type RegisterRoutes } from './scope.ts'

/** What takes space, of a dataset and of all. Ours: docs/versions.md. */
export const registerDiskUsage: RegisterRoutes = (scope, services) => {
  const description = 'Measured from the files. A generation that several things hold is counted once.'
  scope.get(
    '/datasets/:dataset_uid/disk_usage',
    operation('READ', 'readDatasetDiskUsage', 'Space that a dataset takes', answerOf('DiskUsage'), {
      tags: ['datasets'],
      description,
      params: datasetParams,
    }),
    async (request) => {
      const { dataset_uid } = await findDataset(services.control.db, request.params.dataset_uid)
      return { dataset_uid, ...(await services.actions.measureDisk(dataset_uid)) }
    },
  )
  scope.get(
    '/disk_usage',
    operation('ADMIN', 'readDiskUsage', 'Space that all data takes', answerOf('DiskUsage'), {
      tags: ['datasets'],
      description: `${description} Sources are all that is kept, also of no dataset.`,
    }),
    () => services.actions.measureDisk(null),
  )
}
