/** Objects of the management API beside datasets and their records: sections 10, 16, 17 and 21; templates, domain. */
import { Type } from 'typebox'
import { instant, nullable, uid } from './shapes.ts'

const attached = {
  url: Type.String({ description: 'odsfile://<file_id> of the upload it was made from' }),
  title: Type.String(),
  description: Type.String(),
  filename: nullable('string'),
  mimetype: nullable('string'),
  size: nullable('integer', { description: 'Bytes' }),
  created_at: instant(),
  updated_at: instant(),
}

export const surfaceObjects = {
  Attachment: Type.Object({ attachment_uid: uid('at'), ...attached }),
  AlternativeExport: Type.Object({
    export_uid: uid('ae'),
    ...attached,
    type: Type.Unsafe({
      type: 'string',
      enum: ['url', 'uploaded_file'],
      description: 'url: the file is elsewhere, under url',
    }),
  }),
} as const
