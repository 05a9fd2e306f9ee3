import { isDeepStrictEqual } from 'node:util'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  authorize,
  defaultTarget,
  editableDatasets,
  findRuleset,
  forgetSecurity,
  giveToCreator,
  mayDo,
  type RulesetChange,
  requirePermission,
  requireRoomForDataset,
  writeRuleset,
} from '../../access/index.ts'
import {
  countDatasets,
  createDatasetWithin,
  type DatasetRow,
  type EditorDeps,
  findDataset,
  listDatasets,
  metasOf,
  renameDataset,
  replaceFacets,
  replaceMetadata,
  setVisibility,
  within,
} from '../../catalog/index.ts'
import type { ControlDb } from '../../control/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { duplicateDataset } from '../management/duplicate-dataset.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { printDatasets, printOneDataset, readMetadata, type WantedMetadata } from './print-dataset.ts'
import {
  datasetParams,
  editorOf,
  flagOrNull,
  invalid,
  objectOrNull,
  pageQuery,
  printPage,
  type RegisterRoutes,
  readPage,
  textOrNull,
  usernameOf,
} from './scope.ts'
import { printSecurity, readSecurity, securitySchema } from './security-shapes.ts'

const tags = ['automation-datasets']
const datasetBody = Type.Object({
  dataset_id: textOrNull('Default: made of the title'),
  is_restricted: flagOrNull(),
  metadata: objectOrNull('{template: {name: {value}}}; replaces all metadata'),
  default_security: Type.Optional(securitySchema),
})
interface DatasetBody {
  dataset_id?: string | null
  is_restricted?: boolean | null
  metadata?: JsonObject | null
  default_security?: JsonObject | null
}

/** Datasets themselves. Automation API section 3. */
export const registerAutomationDatasets: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services
  const { db } = control

  scope.get(
    '/datasets/',
    operation(
      'INDEX',
      'automationListDatasets',
      'List datasets, published or not',
      answerPage('AutomationDataset'),
      {
        tags,
        querystring: Type.Object({
          ...pageQuery.properties,
          dataset_id: Type.Optional(Type.String({ description: 'Only the one of this identifier' })),
        }),
      },
    ),
    async (request) => {
      const page = readPage(request.query)
      const among = await editableDatasets(db, request.principal)
      const query = { datasetId: request.query.dataset_id, among }
      const rows = await listDatasets(db, { ...page, ...query })
      return printPage(request, page, await countDatasets(db, query), await printDatasets(db, rows))
    },
  )

  scope.post(
    '/datasets/',
    operation('CREATE', 'automationCreateDataset', 'Create a dataset', answerOf('AutomationDataset', 201), {
      tags,
      body: datasetBody,
    }),
    async (request, reply) => {
      const body: DatasetBody = request.body
      const { default: required } = body.metadata ?? {}
      if (required === undefined || required === null)
        throw invalid('metadata.default', required, 'it is needed')
      const wanted = readMetadata(body.metadata!)
      const owner = usernameOf(request)
      const security = body.default_security ? readSecurity('default_security', body.default_security) : null
      const row = await within(db, async (trx) => {
        await requireRoomForDataset(trx, owner, services.limits.maxDatasets)
        const uid = await createDatasetWithin(trx, catalogDeps, {
          datasetId: body.dataset_id ?? undefined,
          metas: await metasOf(trx, wanted.changes),
          owner,
          // An identifier that is given is the one that scripts go by: another in its place would surprise them.
          isStrict: typeof body.dataset_id === 'string' && body.dataset_id !== '',
        })
        const editor = { ...editorOf(services, request), db: trx }
        // Whoever makes a dataset may keep it from others; to open one takes more.
        if (body.is_restricted === true) await setVisibility(editor, uid, 'restricted')
        if (wanted.facets !== null) await replaceFacets(editor, uid, wanted.facets)
        if (!mayDo(request.principal, 'SECURITY')) await giveToCreator(trx, uid, owner, services.clock.now())
        if (security !== null) await writeSecurity(editor, request, uid, security)
        return findDataset(trx, uid)
      })
      request.audited.target = { type: 'dataset', id: row.dataset_uid }
      return reply.status(201).send(await printOneDataset(db, row))
    },
  )

  const one = { tags, params: datasetParams }
  scope.get(
    '/datasets/:dataset_uid/',
    operation('READ', 'automationReadDataset', 'Read a dataset', answerOf('AutomationDataset'), one),
    async (request) => printOneDataset(db, await findDataset(db, request.params.dataset_uid)),
  )

  scope.put(
    '/datasets/:dataset_uid/',
    operation(
      'WRITE',
      'automationUpdateDataset',
      'Change a dataset; what is left out stays, metadata are replaced as a whole',
      answerOf('AutomationDataset'),
      { ...one, body: datasetBody },
    ),
    async (request) => {
      const body: DatasetBody = request.body
      const wanted = body.metadata ? readMetadata(body.metadata) : null
      const security = body.default_security ? readSecurity('default_security', body.default_security) : null
      const present = await findDataset(db, request.params.dataset_uid)
      await within(db, async (trx) => {
        const { dataset_id } = body
        if (typeof dataset_id === 'string' && dataset_id !== present.dataset_id)
          await renameDataset({ ...editorOf(services, request), db: trx }, present.dataset_uid, dataset_id)
        await write(trx, request, present, { ...body, security }, wanted)
      })
      forgetSecurity(db, present.dataset_uid)
      return printOneDataset(db, await findDataset(db, present.dataset_uid))
    },
  )

  scope.delete(
    '/datasets/:dataset_uid/',
    operation(
      'WRITE',
      'automationDeleteDataset',
      'Delete a dataset for good, published or not',
      noContent,
      one,
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      await services.actions.deleteDataset(dataset_uid)
      return reply.status(204).send()
    },
  )

  scope.post(
    '/datasets/:dataset_uid/copy/',
    operation(
      // Not READ: with a copy comes the use of the secrets of its sources.
      'WRITE',
      'automationCopyDataset',
      'Make another dataset of the same configuration, unpublished',
      answerOf('AutomationDataset', 201),
      one,
    ),
    async (request, reply) => {
      requirePermission(request.principal, 'CREATE')
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const copy = await duplicateDataset(services, request, dataset_uid)
      return reply.status(201).send(await printOneDataset(db, copy))
    },
  )

  /** Errors: those of authorize. */
  const requireSecurity = (trx: ControlDb, request: FastifyRequest, datasetUid: string) =>
    authorize(trx, request.principal, 'SECURITY', datasetUid)

  /** What is as it was needs no right and leaves no trace: clients send back all that they have read. */
  async function writeSecurity(
    editor: EditorDeps,
    request: FastifyRequest,
    datasetUid: string,
    change: RulesetChange,
  ): Promise<void> {
    const present = await findRuleset(editor.db, datasetUid, defaultTarget)
    if (isDeepStrictEqual(printSecurity(present), printSecurity({ ...present, ...change }))) return
    await requireSecurity(editor.db, request, datasetUid)
    const deps = { ...editor, principal: request.principal }
    await writeRuleset(deps, datasetUid, defaultTarget, 'change', change)
  }

  /** Part of the transaction: of a body, all is written or nothing. */
  async function write(
    trx: ControlDb,
    request: FastifyRequest,
    present: DatasetRow,
    body: DatasetBody & { readonly security: RulesetChange | null },
    wanted: WantedMetadata | null,
  ): Promise<void> {
    const editor = { ...editorOf(services, request), db: trx }
    const { dataset_uid, visibility } = present
    const isRestricted = body.is_restricted ?? visibility === 'restricted'
    if (isRestricted !== (visibility === 'restricted')) {
      await requireSecurity(trx, request, dataset_uid)
      await setVisibility(editor, dataset_uid, isRestricted ? 'restricted' : 'domain')
    }
    if (body.security !== null) await writeSecurity(editor, request, dataset_uid, body.security)
    if (wanted === null) return
    await replaceMetadata(editor, dataset_uid, null, wanted.changes)
    await replaceFacets(editor, dataset_uid, wanted.facets ?? [])
  }
}
