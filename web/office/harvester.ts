/** Harvesters as the pages read them. docs/harvesters.md. */

import { readArguments } from '../components/argument-fields.tsx'
import type { Api } from '../kit/api.ts'
import type { Form } from '../kit/form.ts'
import type { Connection } from './connection-form.ts'
import { type Argument, management } from './types.ts'

export const harvestersPath = '/backoffice/harvesters'
export const harvestersApi = `${management}/harvesters`
export const harvesterPath = (id: string) => `${harvestersPath}/${encodeURIComponent(id)}`
export const harvesterApi = (id: string, rest = '') => `${harvestersApi}/${encodeURIComponent(id)}${rest}`

export interface HarvesterType {
  readonly type: string
  readonly label: string
  readonly description: string
  readonly parameters: readonly Argument[]
}

export const changeNames = ['created', 'updated', 'unchanged', 'gone', 'removed', 'failed'] as const
export type ChangeName = (typeof changeNames)[number]

export interface Harvester {
  readonly harvester_id: string
  readonly name: string
  readonly type: string
  readonly status: 'new' | 'idle' | 'queued' | 'processing' | 'deleting'
  readonly fetcher: HarvesterType
  readonly params: Readonly<Record<string, unknown>>
  readonly delete_missing_datasets: boolean
  readonly publish_datasets: boolean
  readonly restrict_datasets_visibility: boolean
  readonly errors: { readonly harvester: string | null; readonly resources: number }
  readonly counters: { readonly attached: number; readonly published: number }
  readonly active_job_id: string | null
  readonly last_report: (Readonly<Record<ChangeName, number>> & { readonly aborted?: boolean }) | null
  readonly last_started_at: string | null
  readonly last_success_at: string | null
}

export interface Harvested {
  readonly remote_id: string
  readonly title: string
  readonly dataset_uid: string | null
  readonly dataset_id: string | null
  readonly change: ChangeName
  readonly details: readonly string[]
  readonly reason: string | null
}

export const harvesterFlags = [
  'publish_datasets',
  'restrict_datasets_visibility',
  'delete_missing_datasets',
] as const

/** With the saved connections to choose from; without the parameter where there are none. */
export async function withConnections(api: Api, types: readonly HarvesterType[]): Promise<HarvesterType[]> {
  const connections = await api.get<readonly Connection[]>(`${management}/connections`)
  const choices = connections.map(({ connection_uid }) => connection_uid)
  const choice_labels = Object.fromEntries(
    connections.map(({ connection_uid, name }) => [connection_uid, name]),
  )
  return types.map((type) => ({
    ...type,
    parameters: type.parameters.flatMap((parameter) => {
      if (parameter.name !== 'connection') return [parameter]
      return choices.length === 0 ? [] : [{ ...parameter, choices, choice_labels }]
    }),
  }))
}

/** What the form says of a harvester of this type; what is empty in it is left out. */
export const harvesterIn = (form: Form, { type, parameters }: HarvesterType) => ({
  name: form.get('name').trim(),
  type,
  params: readArguments(parameters, form),
  ...Object.fromEntries(harvesterFlags.map((flag) => [flag, form.has(flag)])),
})
