import { Type } from 'typebox'
import { authorize } from '../../access/index.ts'
import { findVersion, type VersionRow } from '../../actions/index.ts'
import { type ChangeRow, findChange, findDataset, listChanges, restoreChange } from '../../catalog/index.ts'
import { AppError, formatInstant, type JsonObject } from '../../kernel/index.ts'
import { answerOf, answerPage, operation } from '../openapi/index.ts'
import { printOneDataset } from './print-dataset.ts'
import {
  datasetParams,
  editorOf,
  jobHeader,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  usernameOf,
} from './scope.ts'

const tags = ['automation-datasets']
const versionParams = Type.Object({ ...datasetParams.properties, version_uid: Type.String() })
/** So many are listed. */
const shownVersions = 20

/** Versions: changes of a dataset, and states of its data that were saved. Automation API section 13. */
export const registerAutomationVersions: RegisterRoutes = (scope, services) => {
  const { db } = services.control

  scope.get(
    '/datasets/:dataset_uid/versions/',
    operation(
      'READ',
      'automationListVersions',
      'The last 20, newest first',
      answerPage('AutomationVersion'),
      {
        tags,
        params: datasetParams,
        querystring: pageQuery,
      },
    ),
    async (request) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const changes = await listChanges(db, dataset_uid, { rows: shownVersions, page: 1 })
      return printPageOf(request, request.query, changes, printChange)
    },
  )
  const one = '/datasets/:dataset_uid/versions/:version_uid/'
  const schema = { tags, params: versionParams }
  scope.get(
    one,
    operation('READ', 'automationReadVersion', 'Read a version', answerOf('AutomationVersion'), schema),
    async (request) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const { version_uid } = request.params
      return isOfChange(version_uid)
        ? printChange(await findOne(dataset_uid, version_uid))
        : printSaved(await findVersion(db, dataset_uid, version_uid))
    },
  )
  scope.post(
    `${one}restore/`,
    operation(
      'WRITE',
      'automationRestoreVersion',
      'Go back to before a change; or to a state that was saved, with its data',
      answerOf('AutomationDataset'),
      { ...schema, description: 'Back to saved data: that needs the right to publish, and is a job.' },
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const { version_uid } = request.params
      if (isOfChange(version_uid)) {
        const { change_uid } = await findOne(dataset_uid, version_uid)
        await restoreChange(editorOf(services, request), dataset_uid, change_uid)
      } else {
        await findVersion(db, dataset_uid, version_uid)
        await authorize(db, request.principal, 'PUBLISH', dataset_uid)
        const username = usernameOf(request)
        const jobId = await services.actions.restore(dataset_uid, version_uid, username, 'all')
        reply.header(jobHeader, jobId)
      }
      return reply.send(await printOneDataset(db, await findDataset(db, dataset_uid)))
    },
  )

  async function findOne(datasetUid: string, versionUid: string): Promise<ChangeRow> {
    return findChange(db, datasetUid, Number(versionUid.slice(prefix.length))).catch((error: unknown) => {
      throw error instanceof AppError && error.key === 'catalog.unknown_change'
        ? new AppError('actions.unknown_version', { version_uid: versionUid.slice(0, 60) })
        : error
    })
  }
}

const prefix = 'ch_'
/** Numbers of changes are written longer than uids of saved versions are: neither can be taken for the other. */
const digits = 12
const isOfChange = (versionUid: string) => /^ch_\d{12}$/.test(versionUid)

function printChange(change: ChangeRow): JsonObject {
  const saved = savedIn(change)
  return {
    uid: saved ?? `${prefix}${String(change.change_uid).padStart(digits, '0')}`,
    sections: saved === null ? JSON.parse(change.sections_json) : ['data'],
    created_by: { username: change.username },
    can_restore: saved !== null || change.before_digest !== null,
    created_at: formatInstant(change.at),
  }
}

/** The uid of the version that a change has saved; null for other changes. */
function savedIn({ kind, diff_json }: ChangeRow): string | null {
  if (kind !== 'save_version') return null
  const { versions } = JSON.parse(diff_json) as { versions?: { path: string[] }[] }
  return versions?.[0]?.path[0] ?? null
}

function printSaved(version: VersionRow): JsonObject {
  return {
    uid: version.version_uid,
    sections: ['data'],
    created_by: { username: version.username },
    can_restore: true,
    created_at: formatInstant(version.created_at),
  }
}
