import { Type } from 'typebox'
import { editableDatasets, mayDo, mayDoOn, type Principal } from '../../access/index.ts'
import { findJob, type Job, type JobState, listJobs } from '../../jobs/index.ts'
import { AppError } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { printJobs } from './print-job.ts'
import { pageQuery, type RegisterRoutes, readListPage, usernameOf } from './scope.ts'

const tags = ['jobs']
/** About harvesters; all others are about datasets. */
const harvestFunctions = ['harvest', 'publish_harvested', 'unpublish_harvested']
/** Others are the server's own. */
export const publicFunctions = [
  'publish',
  'publish_metadata',
  'unpublish',
  'undo_unpublish',
  'abort_processing',
  'save_version',
  'restore_version',
  ...harvestFunctions,
]

export const jobQuery = Type.Object({
  ...pageQuery.properties,
  state: Type.Optional(
    Type.String({
      description: 'Only jobs in these states, separated by commas: waiting, started, running, done, error',
    }),
  ),
})

const states: readonly JobState[] = ['waiting', 'started', 'running', 'done', 'error']

/** Errors: http.invalid_parameter. */
export function readStates(text: string | undefined): { states?: JobState[] } {
  if (text === undefined || text === '') return {}
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !states.includes(name as JobState))
  if (unknown !== undefined) {
    throw new AppError('http.invalid_parameter', {
      parameter: 'state',
      value: unknown.slice(0, 60),
      expected: `it must be one or more of ${states.join(', ')}, separated by commas`,
    })
  }
  return { states: names as JobState[] }
}

/**
 * All for those who may edit the domain; for others those about datasets that they may read here, as a job tells of records,
 * whoever ordered it. One that may not be seen must not be told from one that does not exist. Errors: jobs.unknown_job.
 */
export async function findVisibleJob(
  services: HttpServices,
  principal: Principal,
  jobId: string,
): Promise<Job> {
  const job = await findJob(services.control.db, jobId)
  const isVisible =
    job !== null && publicFunctions.includes(job.function) && (await isReadable(services, principal, job))
  if (!isVisible) throw new AppError('jobs.unknown_job', { job_id: jobId.slice(0, 64) })
  return job
}

async function isReadable({ control }: HttpServices, principal: Principal, job: Job): Promise<boolean> {
  if (principal.kind === 'anonymous') return false
  if (mayDo(principal, 'ADMIN')) return true
  if (harvestFunctions.includes(job.function))
    return job.username === principal.username && mayDo(principal, 'HARVEST')
  return mayDoOn(control.db, principal, 'READ', job.subject)
}

/** Of one's own jobs, those that are shown. */
async function readableOf(
  { control }: HttpServices,
  principal: Principal,
): Promise<{ readonly functions: readonly string[]; readonly subjects?: readonly string[] }> {
  const readable = await editableDatasets(control.db, principal)
  return {
    // Whoever may harvest may read every dataset, or the subjects would have to be harvesters too.
    functions: mayDo(principal, 'HARVEST')
      ? publicFunctions
      : publicFunctions.filter((name) => !harvestFunctions.includes(name)),
    ...(readable === 'all' ? {} : { subjects: [...readable] }),
  }
}

/** Jobs of whoever asks; somebody else's exist only for those who may edit the domain. Management API section 2. */
export const registerJobs: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  scope.get(
    '/jobs',
    operation(
      'SELF',
      'listJobs',
      'Your jobs on what you may read, newest first; all for those who may edit the domain',
      answerList('Job'),
      {
        tags,
        querystring: jobQuery,
      },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const { principal } = request
      const shown = mayDo(principal, 'ADMIN')
        ? { functions: publicFunctions }
        : { username: usernameOf(request), ...(await readableOf(services, principal)) }
      const jobs = await listJobs(db, {
        ...shown,
        ...readStates(request.query.state),
        limit: rows,
        offset: (page - 1) * rows,
      })
      return printJobs(services, jobs, spokenLanguage(request))
    },
  )

  scope.get(
    '/jobs/:job_id',
    operation('SELF', 'readJob', 'One job', answerOf('Job'), {
      tags,
      params: Type.Object({ job_id: Type.String() }),
    }),
    async (request) => {
      const job = await findVisibleJob(services, request.principal, request.params.job_id)
      return (await printJobs(services, [job], spokenLanguage(request)))[0]!
    },
  )
}
