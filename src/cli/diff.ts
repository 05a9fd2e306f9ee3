/** `broadsheet diff`: what differs between two states of a dataset; and what a dry run tells of that. */
import { UsageError } from './exit-codes.ts'
import { count } from './output.ts'
import type { Session } from './session.ts'
import type { DiffCounts, DifferenceObject } from './wire.ts'

/** Without `from`: since the newest saved version. Errors: UsageError, those of Client. */
export async function diff(
  session: Session,
  dataset: string,
  from: string | undefined,
  to: string | undefined,
  rows: number,
): Promise<void> {
  const { client, output } = session
  const older = from ?? (await newestVersion(session, dataset))
  const found = await client.diff(dataset, older, to ?? 'current')
  output.result(describeCounts(found.records), { event: 'diff', dataset, from: older, ...found })
  const fields = Object.entries(found.fields).filter(([kind]) => kind !== 'null_shares')
  for (const [kind, changes] of fields) {
    for (const change of changes) {
      const types = change.from === undefined ? [] : [`${change.from} to ${change.to}`]
      output.result([`field ${kind}`, change.name, ...types].join('\t'), { event: 'field', kind, ...change })
    }
  }
  if (rows === 0) return
  const page = await client.differences(dataset, older, to ?? 'current', rows)
  for (const difference of page) {
    output.result(describeDifference(difference), { event: 'difference', ...difference })
  }
}

async function newestVersion({ client }: Session, dataset: string): Promise<string> {
  const [newest] = await client.versions(dataset)
  if (newest) return newest.version_uid
  throw new UsageError(
    `${dataset} has no saved version to compare with`,
    'Name a state: a version (ch_...), a generation (ge_...) or current',
  )
}

export function describeCounts(records: DiffCounts): string {
  return (['added', 'removed', 'changed', 'unchanged'] as const)
    .map((kind) => `${count(records[kind])} ${kind}`)
    .join(', ')
}

function describeDifference({ change, _id, key, old, new: fresh }: DifferenceObject): string {
  const values = [key, old, fresh].map((object) => (object === null ? '' : JSON.stringify(object)))
  return [change, _id, ...values].join('\t').trimEnd()
}
