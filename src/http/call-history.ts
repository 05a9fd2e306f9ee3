/** Calls by day, as they are told. docs/security.md. */
import { type DayCalls, domainSubject } from '../access/index.ts'
import type { JsonObject } from '../kernel/index.ts'
import { keySubjectOf, subjectOf } from './quotas.ts'
import type { HttpServices } from './services.ts'

const mostUsers = 20
const userPrefix = subjectOf('')

const print = (days: readonly DayCalls[]) => days.map(({ day, calls }) => ({ day, calls }))

/** Of all keys that the user has or had, those that called in these days. */
export async function callsOfUser(
  { access, callHistory }: HttpServices,
  username: string,
  days: number,
): Promise<JsonObject> {
  const keys = await access.listKeys(username, 'all')
  const ofKeys = await callHistory.readAll(
    keys.map(({ keyUid }) => keySubjectOf(keyUid)),
    days,
  )
  return {
    username,
    days: print(await callHistory.read(subjectOf(username), days)),
    keys: keys.flatMap(({ keyUid, label }) => {
      const found = ofKeys.get(keySubjectOf(keyUid))
      return found === undefined ? [] : [{ key_uid: keyUid, label, days: print(found) }]
    }),
  }
}

export async function callsOfDomain({ callHistory }: HttpServices, days: number): Promise<JsonObject> {
  const most = await callHistory.top(userPrefix, days, mostUsers)
  return {
    days: print(await callHistory.read(domainSubject, days)),
    users: most.map(({ subject, calls }) => ({ username: subject.slice(userPrefix.length), calls })),
  }
}
