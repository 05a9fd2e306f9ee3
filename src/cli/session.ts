import { type Client, type Credentials, createClient } from './client.ts'
import { InterruptedError, JobFailedError, UsageError } from './exit-codes.ts'
import { followJob } from './follow-job.ts'
import type { Output } from './output.ts'
import type { JobObject } from './wire.ts'

/** What every command that talks to a server has. */
export interface Session {
  readonly client: Client
  readonly output: Output
  /** False with --no-wait: orders are given, not followed. */
  readonly waits: boolean
}

export interface ServerOptions {
  readonly server?: string | undefined
  readonly apikey?: string | undefined
  readonly user?: string | undefined
}

/** Flags win over the environment. Errors: UsageError. */
export function openClient(
  options: ServerOptions,
  env: Readonly<Record<string, string | undefined>>,
  defaultServer: string,
): Client {
  const server = options.server ?? env.BROADSHEET_SERVER ?? defaultServer
  if (!/^https?:\/\/\S+$/.test(server) || !URL.canParse(server)) {
    throw new UsageError(`'${server}' is not an address of a server`, `It looks like ${defaultServer}`)
  }
  return createClient({ server, credentials: readCredentials(options, env) })
}

function readCredentials(
  options: ServerOptions,
  env: Readonly<Record<string, string | undefined>>,
): Credentials {
  if (options.user !== undefined) {
    const at = options.user.indexOf(':')
    if (at < 1) throw new UsageError('--user takes name:password')
    return { username: options.user.slice(0, at), password: options.user.slice(at + 1) }
  }
  const apikey = options.apikey ?? env.BROADSHEET_APIKEY
  if (apikey) return { apikey }
  // On the machine where the server was started with this setting, it is enough.
  const password = env.BROADSHEET_ADMIN_PASSWORD
  return password ? { username: 'admin', password } : null
}

/**
 * Follows a job and shows it. Ctrl-C stops the following, not the job.
 * Out: the job that ended `done`. Errors: JobFailedError, InterruptedError, those of Client.
 */
export async function follow(session: Session, jobId: string, dataset: string): Promise<JobObject> {
  const { client, output } = session
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort()
  process.once('SIGINT', onSignal)
  try {
    const job = await followJob(client, jobId, {
      onJob: (seen) => output.job(seen),
      signal: interrupt.signal,
    })
    if (job.error) throw new JobFailedError(job.error)
    return job
  } catch (error) {
    throw interrupt.signal.aborted ? new InterruptedError(jobId, dataset) : error
  } finally {
    output.endProgress()
    process.off('SIGINT', onSignal)
  }
}
