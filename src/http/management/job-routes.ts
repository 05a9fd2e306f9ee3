import { Type } from 'typebox'
import { mayDo } from '../../access/index.ts'
import { findJob, listJobs } from '../../jobs/index.ts'
import { AppError } from '../../kernel/index.ts'
import { printJob } from './render.ts'
import { pageQuery, type RegisterRoutes, readListPage, usernameOf } from './scope.ts'

const tags = ['jobs']
const config = { permission: 'SELF' as const }
/** Others are the server's own. */
const publicFunctions = ['publish', 'unpublish', 'abort_processing', 'save_version', 'restore_version']

/** Jobs of whoever asks; somebody else's exist only for those who may edit the domain. Management API section 2. */
export const registerJobs: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  scope.get(
    '/jobs',
    { config, schema: { tags, summary: 'Your jobs, newest first', querystring: pageQuery } },
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
    { config, schema: { tags, summary: 'One job', params: Type.Object({ job_id: Type.String() }) } },
    async (request) => {
      const { job_id } = request.params
      const job = await findJob(db, job_id)
      const isVisible =
        job !== null && (job.username === usernameOf(request) || mayDo(request.principal, 'ADMIN'))
      if (!isVisible) throw new AppError('jobs.unknown_job', { job_id: job_id.slice(0, 64) })
      return printJob(job)
    },
  )
}
