/** The actions on a dataset as the page and the island order them. */
import type { Api } from '../kit/api.ts'
import { apiPath } from './types.ts'

export const actionNames = [
  'publish',
  'dry_run',
  'publish_generation',
  'override',
  'dismiss',
  'abort_keep',
  'abort_discard',
  'unpublish',
  'undo_unpublish',
  'save_version',
] as const
export type ActionName = (typeof actionNames)[number]

export const isAction = (name: string): name is ActionName => actionNames.includes(name as ActionName)

/** `get`: the form's fields. Errors: ApiError. */
export async function runAction(
  api: Api,
  uid: string,
  action: ActionName,
  get: (name: string) => string,
): Promise<void> {
  const order = (rest: string, query: Readonly<Record<string, string>> = {}, body: object = {}) =>
    api.send('PUT', apiPath(uid, rest), body, { query })
  switch (action) {
    case 'publish':
      return void (await order('/publish'))
    case 'dry_run':
      return void (await order('/publish', { dry_run: 'true' }))
    case 'publish_generation':
      return void (await order('/publish', { generation: get('generation') }))
    case 'override':
      return void (await order('/publish', { generation: get('generation'), override: 'gates' }))
    case 'dismiss':
      return void (await api.send('DELETE', apiPath(uid, '/held')))
    case 'abort_keep':
      return void (await order('/abort_processing', { records: 'keep' }))
    case 'abort_discard':
      return void (await order('/abort_processing', { records: 'discard' }))
    case 'unpublish':
      return void (await order('/unpublish'))
    case 'undo_unpublish':
      return void (await order('/undo_unpublish'))
    case 'save_version':
      return void (await order('/save_version', {}, { label: get('label') || null }))
    default:
      return action satisfies never
  }
}
