import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { AuditEntry, AuditFilter } from '../../audit/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { auditing } from '../audit-requests.ts'
import { type Answer, answerOf, operation } from '../openapi/index.ts'
import { integerOf, type RegisterRoutes } from './scope.ts'

const tags = ['audit']
const filterQuery = {
  username: Type.Optional(Type.String({ description: 'Who did it, or tried to' })),
  action: Type.Optional(Type.String({ description: 'The operation id of a route, or sign_in' })),
  target: Type.Optional(
    Type.String({ description: 'On what: the uid of a dataset, the name of a user, ...' }),
  ),
  outcome: Type.Optional(Type.String({ description: 'done, refused or failed' })),
  address: Type.Optional(Type.String({ description: 'From where' })),
  from: Type.Optional(Type.String({ description: 'From this instant on, ISO 8601' })),
  before: Type.Optional(Type.String({ description: 'Before this instant, ISO 8601' })),
}
const jsonLines: Answer = {
  status: 200,
  description: 'One AuditEntry a line, oldest first',
  content: { 'application/x-ndjson': { schema: { type: 'string' } } },
}

/** The audit log. docs/security.md. */
export const registerAudit: RegisterRoutes = (scope, services) => {
  const { audit } = services
  scope.get(
    '/audit',
    operation('ADMIN', 'listAudit', 'What was done by whom, newest first', answerOf('AuditPage'), {
      tags,
      querystring: Type.Object({
        ...filterQuery,
        limit: Type.Optional(Type.String({ description: 'Entries per page: 1 to 1000, 100 by default' })),
        cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before' })),
      }),
    }),
    async (request, reply) => {
      const { limit: limitText, cursor: cursorText, ...filter } = request.query
      const limit = integerOf('limit', limitText, 100, 1000)
      const cursor = cursorText === undefined ? null : integerOf('cursor', cursorText, 1, 1e15)
      const found = await audit.list(readFilter(filter), { limit: limit + 1, cursor })
      const page = found.slice(0, limit)
      const nextCursor = found.length > limit ? String(page.at(-1)!.seq) : null
      return reply
        .header('Cache-Control', 'no-store')
        .send({ results: page.map(printEntry), next_cursor: nextCursor })
    },
  )
  scope.get(
    '/audit/export',
    auditing(
      true,
      operation('ADMIN', 'exportAudit', 'The audit log as JSON lines', jsonLines, {
        tags,
        querystring: Type.Object(filterQuery),
      }),
    ),
    async (request, reply) => {
      const filter = readFilter(request.query)
      async function* lines() {
        for await (const entry of audit.all(filter)) yield `${JSON.stringify(printEntry(entry))}\n`
      }
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .header('Cache-Control', 'no-store')
        .header('Content-Disposition', 'attachment; filename="audit.jsonl"')
        .send(Readable.from(lines()))
    },
  )
}

/** Errors: http.invalid_parameter. */
function readFilter(
  query: {
    readonly [K in keyof typeof filterQuery]?: string | undefined
  },
): AuditFilter {
  const { from, before, ...texts } = query
  return { ...texts, from: instantOf('from', from), before: instantOf('before', before) }
}

function instantOf(parameter: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms))
    throw new AppError('http.invalid_parameter', {
      parameter,
      value: text.slice(0, 100),
      expected: 'it must be an instant such as 2031-05-09T10:00:00Z',
    })
  return ms
}

function printEntry(entry: AuditEntry): JsonObject {
  return {
    seq: entry.seq,
    at: new Date(entry.at).toISOString(),
    username: entry.username,
    via: entry.via,
    key_uid: entry.keyUid,
    address: entry.address,
    action: entry.action,
    target_type: entry.target?.type ?? null,
    target: entry.target?.id ?? null,
    outcome: entry.outcome,
    details: entry.details,
  }
}
