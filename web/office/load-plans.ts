import { ApiError } from '../kit/api.ts'
import type { PageContext } from '../kit/page.ts'
import { ask } from './ask.ts'
import { type FieldPlan, planFields } from './field-plan.ts'
import { apiPath, type PreviewField, type ProcessorPreview, type Step } from './types.ts'

/** The fields that the next publish would have, told from the first records; `problem`: why they cannot be told. */
export async function loadPlans(context: PageContext): Promise<{
  columns: readonly PreviewField[]
  plans: readonly FieldPlan[]
  problem: ApiError | null
}> {
  const uid = context.params.uid!
  try {
    const preview = await ask<ProcessorPreview>(context, apiPath(uid, '/processors/preview'), { rows: 50 })
    const steps = await context.api.get<readonly Step[]>(apiPath(uid, '/fields_specifications'))
    return { columns: preview.fields, plans: planFields(preview.fields, steps), problem: null }
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem
    return { columns: [], plans: [], problem }
  }
}
