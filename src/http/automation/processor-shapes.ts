/** Processors with their arguments beside type and label. Automation API section 6. */
import type { StepInput } from '../../catalog/index.ts'
import { processors } from '../../ingest/index.ts'
import type { ConfiguredStep, JsonObject } from '../../kernel/index.ts'
import { invalid } from './scope.ts'

const ownProperties = new Set(['uid', 'type', 'label'])
/** Whose rights a join has is said by who orders the publish; clients say it all the same. */
const ignored = new Set(['permissions_user', 'impersonate_permissions'])
const joins = new Set(['join_dataset', 'bound_join_dataset'])

export function printProcessor({ processor_uid, name, args, label }: ConfiguredStep): JsonObject {
  const { dataset } = args as JsonObject
  return {
    ...(args as JsonObject),
    ...(joins.has(name) && typeof dataset === 'string' ? { dataset: { dataset_id: dataset } } : {}),
    uid: processor_uid,
    type: name,
    label: label ?? processors.get(name)?.label ?? name,
  }
}

/** Errors: http.invalid_parameter. */
export function readProcessor(body: JsonObject): StepInput {
  const { type, label = null } = body
  if (typeof type !== 'string' || type === '')
    throw invalid('type', type, 'it is needed: GET /processors/ lists them')
  if (label !== null && (typeof label !== 'string' || label.length > 500))
    throw invalid('label', label, 'it must be a text')
  const args = Object.fromEntries(
    Object.entries(body).filter(
      ([name]) => !ownProperties.has(name) && !(joins.has(type) && ignored.has(name)),
    ),
  )
  return { name: type, args, label }
}

/** A body for a processor that is there: what it leaves out stays. Another type begins anew. */
export function overProcessor(present: ConfiguredStep, body: JsonObject): JsonObject {
  const type = body.type ?? present.name
  return type === present.name
    ? { ...(present.args as JsonObject), label: present.label ?? null, type, ...body }
    : body
}
