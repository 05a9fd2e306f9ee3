import type { Api } from '../kit/api.ts'
import { type FieldPlan, specificationEdits, specificationsOf } from './field-plan.ts'
import { apiPath, type PreviewField, type Step } from './types.ts'

/** Makes the field specifications say what is planned. Errors: ApiError; what was saved before it stays. */
export async function saveFields(
  api: Api,
  uid: string,
  columns: readonly PreviewField[],
  plans: readonly FieldPlan[],
): Promise<void> {
  const path = apiPath(uid, '/fields_specifications')
  const present = await api.get<readonly Step[]>(path)
  const { remove, append } = specificationEdits(present, specificationsOf(plans, columns))
  for (const { processor_uid } of remove) await api.send('DELETE', `${path}/${processor_uid}`)
  for (const { name, args } of append) await api.send('POST', path, { name, args })
}
