import { Type } from 'typebox'
import { authorize, requirePermission } from '../../access/index.ts'
import { findDataset } from '../../catalog/index.ts'
import { lastEventNumber, listEvents } from '../../jobs/index.ts'
import { credentialsOf } from '../credentials.ts'
import { createEventStreams, lastEventIdOf } from '../event-stream.ts'
import { spokenLanguage } from '../language.ts'
import { operation } from '../openapi/index.ts'
import { findVisibleJob } from './job-routes.ts'
import { printEvent } from './print-job.ts'
import { datasetParams, type RegisterRoutes } from './scope.ts'

const eventStream = {
  status: 200,
  speaks: true,
  description: 'Events as they happen; the data of each is a JobEvent',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
} as const
const headers = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ description: 'Id of the last event seen: the stream goes on behind it' }),
  ),
})

/** Server-sent events of one job and of one dataset. docs/jobs.md describes them. */
export const registerEvents: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const streams = createEventStreams(services, services.eventBell)
  scope.addHook('preClose', async () => streams.close())

  scope.get(
    '/jobs/:job_id/events',
    operation(
      'SELF',
      'followJob',
      'Events of one job, from its first on, to its end; 204 when there is nothing left to tell',
      eventStream,
      { tags: ['jobs'], params: Type.Object({ job_id: Type.String() }), headers },
    ),
    async (request, reply) => {
      const jobId = request.params.job_id
      const job = await findVisibleJob(services, request.principal, jobId)
      const { subject, jobUid } = job
      const after = await startOf(subject, lastEventIdOf(request) ?? 0)
      if (job.finishedAt !== null) {
        const [next] = await listEvents(db, { subject, jobUid, after, limit: 1 })
        // Tells a browser's EventSource not to connect again.
        if (!next) return reply.status(204).send()
      }
      const language = spokenLanguage(request)
      return streams.open(request, reply, {
        subject,
        jobUid,
        after,
        print: (event) => printEvent(event, language),
        isLast: ({ kind }) => kind === 'job.done' || kind === 'job.error',
        check: async () => {
          const { principal } = await services.accounts.authenticate(credentialsOf(request))
          requirePermission(principal, 'SELF')
          await findVisibleJob(services, principal, jobId)
        },
      })
    },
  )

  scope.get(
    '/datasets/:dataset_uid/events',
    operation(
      'READ',
      'followDataset',
      'Events of the dataset and its jobs, from now on, or behind Last-Event-ID (0: all that are kept)',
      eventStream,
      { tags: ['datasets'], params: datasetParams, headers },
    ),
    async (request, reply) => {
      const { dataset_uid: subject } = await findDataset(db, request.params.dataset_uid)
      const language = spokenLanguage(request)
      return streams.open(request, reply, {
        subject,
        after: await startOf(subject, lastEventIdOf(request)),
        print: (event) => printEvent(event, language),
        isLast: ({ kind }) => kind === 'dataset.deleted',
        check: async () => {
          const { principal } = await services.accounts.authenticate(credentialsOf(request))
          await authorize(db, principal, 'READ', subject)
        },
      })
    },
  )

  /** An id from the future is of a database that has been put back since: then what comes next is new. */
  async function startOf(subject: string, asked: number | null): Promise<number> {
    const last = await lastEventNumber(db, subject)
    return Math.min(asked ?? last, last)
  }
}
