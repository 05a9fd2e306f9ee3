/** The quota of calls that all callers share. In memory: every call asks, and it changes seldom. */
import { readDomain } from '../catalog/index.ts'
import { type Control, domainChannel } from '../control/index.ts'

export interface DomainQuota {
  /** Null: none. */
  callsPerDay(): Promise<number | null>
  /** For the process that has changed it: its own next answer must not wait for the notice. */
  forget(): void
}

export async function watchDomainQuota({ db, listen }: Pick<Control, 'db' | 'listen'>): Promise<DomainQuota> {
  let known: Promise<number | null> | null = null
  const forget = () => {
    known = null
  }
  await listen(domainChannel, forget)
  return {
    forget,
    callsPerDay() {
      if (known !== null) return known
      const read = readDomain(db).then(({ quotas }) => quotas.limit ?? null)
      known = read
      read.catch(() => {
        if (known === read) known = null
      })
      return read
    },
  }
}
