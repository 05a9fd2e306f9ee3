import { createReadStream } from 'node:fs'
import { Type } from 'typebox'
import {
  type AttachedFile,
  type AttachedKind,
  attach,
  describeAttached,
  detach,
  findAttached,
  findDatasetUid,
  listAttached,
} from '../../catalog/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { answerBytes, answerList, answerOf, operation } from '../openapi/index.ts'
import { fileReaderOf, sendFile } from './file-routes.ts'
import { datasetParams, editorOf, type RegisterRoutes } from './scope.ts'

const tags = ['attachments']

const families = [
  {
    kind: 'attachment',
    path: 'attachments',
    download: 'download_attachment',
    name: 'Attachment',
    uid: 'attachment_uid',
    words: 'an attachment',
  },
  {
    kind: 'alternative_export',
    path: 'alternative_exports',
    download: 'download_alternative_export',
    name: 'AlternativeExport',
    uid: 'export_uid',
    words: 'an alternative export',
  },
] as const

const texts = {
  title: Type.Optional(Type.String({ description: 'By default the name of the file' })),
  description: Type.Optional(Type.String()),
}

/** Files beside the records; readers see changes with the next publish. Management API sections 16 and 17; PUT is ours. */
export const registerAttached: RegisterRoutes = (scope, services) => {
  const { control, blobs } = services

  for (const { kind, path, download, name, uid, words } of families) {
    const all = `/datasets/:dataset_uid/${path}`
    const one = `${all}/:attached_uid`
    const params = Type.Object({
      ...datasetParams.properties,
      attached_uid: Type.String({ description: `The ${uid}` }),
    })
    const print = printerOf(kind, uid)

    scope.get(
      all,
      operation('READ', `listDataset${name}s`, `List ${path.replace('_', ' ')}`, answerList(name), {
        tags,
        params: datasetParams,
      }),
      async (request) =>
        (
          await listAttached(control.db, await findDatasetUid(control.db, request.params.dataset_uid), kind)
        ).map(print),
    )
    scope.post(
      all,
      operation('WRITE', `add${name}`, `Add ${words}`, answerOf(name, 201), {
        tags,
        params: datasetParams,
        body: Type.Object({
          url: Type.String({
            description:
              kind === 'attachment'
                ? 'odsfile://<file_id> of an uploaded file'
                : 'odsfile://<file_id> of an uploaded file, or an http or https address',
          }),
          ...texts,
        }),
      }),
      async (request, reply) => {
        const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
        const editor = editorOf(services, request)
        const added = await attach(editor, datasetUid, kind, request.body, fileReaderOf(request))
        return reply.status(201).send(print(added))
      },
    )
    scope.get(
      one,
      operation('READ', `read${name}`, `Read ${words}`, answerOf(name), { tags, params }),
      async ({ params: { dataset_uid, attached_uid } }) =>
        print(
          await findAttached(control.db, await findDatasetUid(control.db, dataset_uid), kind, attached_uid),
        ),
    )
    scope.put(
      one,
      operation('WRITE', `change${name}`, `Change what is said of ${words}`, answerOf(name), {
        tags,
        params,
        body: Type.Object(texts),
      }),
      async (request) => {
        const { dataset_uid, attached_uid } = request.params
        const editor = editorOf(services, request)
        return print(
          await describeAttached(
            editor,
            await findDatasetUid(control.db, dataset_uid),
            kind,
            attached_uid,
            request.body,
          ),
        )
      },
    )
    scope.delete(
      one,
      // The platform answers 200 here, and not 204 as elsewhere.
      operation(
        'WRITE',
        `delete${name}`,
        `Take ${words} away`,
        { status: 200, description: 'Done', content: { 'application/json': { schema: { type: 'object' } } } },
        { tags, params },
      ),
      async (request) => {
        const { dataset_uid, attached_uid } = request.params
        await detach(
          editorOf(services, request),
          await findDatasetUid(control.db, dataset_uid),
          kind,
          attached_uid,
        )
        return {}
      },
    )
    scope.get(
      `/datasets/:dataset_uid/${download}/:attached_uid`,
      operation('READ', `download${name}`, `Download ${words}`, answerBytes('*/*'), { tags, params }),
      async ({ params: { dataset_uid, attached_uid } }, reply) => {
        const { file, url } = await findAttached(
          control.db,
          await findDatasetUid(control.db, dataset_uid),
          kind,
          attached_uid,
        )
        if (file === null) return reply.redirect(url, 303)
        return sendFile(reply, file, createReadStream(blobs.path(file.sha256)))
      },
    )
  }
}

const printerOf =
  (kind: AttachedKind, uid: string) =>
  ({ attached_uid, title, description, url, file, created_at, updated_at }: AttachedFile): JsonObject => ({
    [uid]: attached_uid,
    url,
    title,
    description,
    ...(kind === 'alternative_export' ? { type: file === null ? 'url' : 'uploaded_file' } : {}),
    filename: file?.filename ?? null,
    mimetype: file?.mimetype ?? null,
    size: file?.bytes ?? null,
    created_at: formatInstant(created_at),
    updated_at: formatInstant(updated_at),
  })
