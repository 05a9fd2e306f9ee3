/** Forms as browsers send them, with and without a file; only pages take them. */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../kernel/index.ts'
import type { FormFile, SentBody } from './bundle.ts'

const maxFormBytes = 1 << 20
/** Thousands are those of a wide dataset; a megabyte of names without values takes seconds to read. */
const maxFields = 20_000

/** Within the scope of the pages; everywhere else a body is JSON, whatever it calls itself. */
export function acceptForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (_request, body, done) => {
      const text = String(body)
      if (text.split('&', maxFields + 1).length > maxFields)
        return done(
          new AppError('http.bad_request', { reason: `the form has more than ${maxFields} fields` }),
        )
      done(null, [...new URLSearchParams(text)])
    },
  )
}

/** Fields behind a file are not read: forms have it last. */
export async function readSentForm(request: FastifyRequest): Promise<SentBody> {
  if (!request.isMultipart()) {
    return { fields: Array.isArray(request.body) ? (request.body as [string, string][]) : [], file: null }
  }
  const fields: [string, string][] = []
  for await (const part of request.parts()) {
    if (part.type === 'field') fields.push([part.fieldname, String(part.value)])
    else {
      const { filename, mimetype, file: stream } = part
      return { fields, file: { filename, mimetype, stream } }
    }
  }
  return { fields, file: null }
}

/**
 * The one file as a multipart body, streamed. Its boundary is another each time: a file that has the known one in it would
 * end where its author likes.
 */
export function multipartOf({ filename, mimetype, stream }: FormFile) {
  const boundary = `broadsheet-${randomBytes(16).toString('hex')}`
  const name = filename.replaceAll(/["\r\n\\]/g, '_')
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${/^[\w.+/-]+$/.test(mimetype) ? mimetype : 'application/octet-stream'}\r\n\r\n`
  async function* parts() {
    yield Buffer.from(head)
    yield* stream
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    payload: Readable.from(parts(), { objectMode: false }),
  }
}
