import { Type } from 'typebox'
import { mayDo } from '../../access/index.ts'
import { findJob, listJobs } from '../../jobs/index.ts'
import { AppError } from '../../kernel/index.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { printJob } from './render.ts'
import { pageQuery, type RegisterRoutes, readListPage, usernameOf } from './scope.ts'

const tags = ['jobs']
/** Others are the server's own. */
export const publicFunctions = ['publish', 'unpublish', 'abort_processing', 'save_version', 'restore_version']

/** Jobs of whoever asks; somebody else's exist only for those who may edit the domain. Management API section 2. */
export const registerJobs: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  scope.get(
    '/jobs',
    operation(
      'SELF',
      'listJobs',
      'Your jobs, newest first; all for those who may edit the domain',
      answerList('Job'),
      {
        tags,
        querystring: pageQuery,
      },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const owner = mayDo(request.principal, 'ADMIN') ? {} : { username: usernameOf(request) }
      const jobs = await listJobs(db, {
        ...owner,
        functions: publicFunctions,
        limit: rows,
        offset: (page - 1) * rows,
      })
      return jobs.map(printJob)
    },
  )

  scope.get(
    '/jobs/:job_id',
    operation('SELF', 'readJob', 'One job', answerOf('Job'), {
      tags,
      params: Type.Object({ job_id: Type.String() }),
    }),
    async (request) => {
      const { job_id } = request.params
      const job = await findJob(db, job_id)
      const isVisible =
        job !== null &&
        publicFunctions.includes(job.function) &&
        (job.username === usernameOf(request) || mayDo(request.principal, 'ADMIN'))
      if (!isVisible) throw new AppError('jobs.unknown_job', { job_id: job_id.slice(0, 64) })
      return printJob(job)
    },
  )
}
