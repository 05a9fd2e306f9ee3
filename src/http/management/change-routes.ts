import { Type } from 'typebox'
import {
  type ChangeRow,
  type DatasetRow,
  findChange,
  findDataset,
  listChanges,
  restoreChange,
} from '../../catalog/index.ts'
import { formatInstant, type JsonObject, type Language } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, emptyAnswer, operation } from '../openapi/index.ts'
import { expandedUsers, shortUser, type UserPrinter } from './expanded-users.ts'
import { domainId, type Expansion, expansionOf, printDataset } from './render.ts'
import {
  datasetParams,
  editorOf,
  expandQuery,
  pageQuery,
  type RegisterRoutes,
  readListPage,
} from './scope.ts'

const tags = ['changes']
const changeParams = Type.Object({ ...datasetParams.properties, change_uid: Type.String() })

/** What was done to a dataset, newest first, and the way back. Management API section 9. */
export const registerChanges: RegisterRoutes = (scope, services) => {
  const { db } = services.control

  scope.get(
    '/datasets/:dataset_uid/changes',
    operation(
      'READ',
      'listChanges',
      'Changes, newest first; 100 a page unless rows says less',
      answerList('Change'),
      {
        tags,
        params: datasetParams,
        querystring: Type.Object({ ...pageQuery.properties, ...expandQuery.properties }),
      },
    ),
    async (request) => {
      const dataset = await findDataset(db, request.params.dataset_uid)
      // The platform's own list is not paged.
      const page = readListPage({ ...request.query, rows: request.query.rows ?? '100' })
      const changes = await listChanges(db, dataset.dataset_uid, page)
      const expand = expansionOf(request.query.expand)
      const users = await expandedUsers(db, request.principal, expand, ['user'])
      return changes.map((change) => printChange(change, dataset, expand, spokenLanguage(request), users))
    },
  )

  scope.get(
    '/datasets/:dataset_uid/changes/:change_uid',
    operation('READ', 'readChange', 'One change', answerOf('Change'), {
      tags,
      params: changeParams,
      querystring: expandQuery,
    }),
    async (request) => {
      const dataset = await findDataset(db, request.params.dataset_uid)
      const change = await findChange(db, dataset.dataset_uid, request.params.change_uid)
      const expand = expansionOf(request.query.expand)
      const users = await expandedUsers(db, request.principal, expand, ['user'])
      return printChange(change, dataset, expand, spokenLanguage(request), users)
    },
  )

  const description =
    'Metadata, resources, processors, fields and attached files; who may see the dataset and its identifier stay. Nothing is published.'
  scope.put(
    '/datasets/:dataset_uid/restore_change',
    operation('WRITE', 'restoreChange', 'Put the configuration back as it was before a change', emptyAnswer, {
      tags,
      description,
      params: datasetParams,
      body: Type.Object({
        change_uid: Type.Unsafe<number | string>({ anyOf: [{ type: 'integer' }, { type: 'string' }] }),
      }),
    }),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      await restoreChange(editorOf(services, request), dataset_uid, request.body.change_uid)
      return reply.status(200).send()
    },
  )
  scope.put(
    '/datasets/:dataset_uid/restore_change/:change_uid',
    operation(
      'WRITE',
      'restoreChangeByAddress',
      'Put the configuration back as it was before a change',
      emptyAnswer,
      { tags, description, params: changeParams },
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      await restoreChange(editorOf(services, request), dataset_uid, request.params.change_uid)
      return reply.status(200).send()
    },
  )
}

export function printChange(
  change: ChangeRow,
  dataset: DatasetRow,
  expand: Expansion,
  language: Language,
  users: UserPrinter = shortUser,
): JsonObject {
  return {
    change_uid: change.change_uid,
    dataset: expand.has('dataset')
      ? printDataset(dataset, expand, language)
      : { dataset_uid: dataset.dataset_uid, domain: { domain_id: domainId } },
    user: users('user', change.username),
    timestamp: formatInstant(change.at),
    kind: change.kind,
    job_id: change.job_uid,
    sections: JSON.parse(change.sections_json),
    diff: JSON.parse(change.diff_json),
    omitted_count: change.omitted_count,
    can_restore: change.before_digest !== null,
  }
}
