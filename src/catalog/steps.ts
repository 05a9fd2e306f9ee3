import { AppError, type ConfiguredStep, type JsonObject } from '../kernel/index.ts'
import { toStep } from './configuration.ts'
import { type CatalogDeps, type EditorDeps, editDataset } from './edit-dataset.ts'

export type Stack = 'processor' | 'field_specification'

export interface StepInput {
  readonly name: string
  readonly args: JsonObject | readonly string[]
  readonly label: string | null
}

export async function listSteps(
  deps: CatalogDeps,
  datasetUid: string,
  stack: Stack,
): Promise<ConfiguredStep[]> {
  const rows = await deps.db
    .selectFrom('steps')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .where('stack', '=', stack)
    .orderBy('position')
    .execute()
  return rows.map(toStep)
}

/** Errors: catalog.unknown_step. */
export async function findStep(
  deps: CatalogDeps,
  datasetUid: string,
  stack: Stack,
  processorUid: string,
): Promise<ConfiguredStep> {
  const row = await deps.db
    .selectFrom('steps')
    .selectAll()
    .where('processor_uid', '=', processorUid)
    .where('dataset_uid', '=', datasetUid)
    .where('stack', '=', stack)
    .executeTakeFirst()
  if (!row) throw new AppError('catalog.unknown_step', { processor_uid: processorUid.slice(0, 100) })
  return toStep(row)
}

/** Appends: the order of the list is the order of application. The input has been validated. */
export async function addStep(
  deps: EditorDeps,
  datasetUid: string,
  stack: Stack,
  input: StepInput,
): Promise<ConfiguredStep> {
  const processorUid = deps.ids.uid('pr')
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    const last = await trx
      .selectFrom('steps')
      .select((eb) => eb.fn.max('position').as('position'))
      .where('dataset_uid', '=', datasetUid)
      .where('stack', '=', stack)
      .executeTakeFirst()
    const position = last?.position === null || last?.position === undefined ? 0 : Number(last.position) + 1
    const { name, args, label } = input
    await trx
      .insertInto('steps')
      .values({
        processor_uid: processorUid,
        dataset_uid: datasetUid,
        stack,
        position,
        name,
        args_json: JSON.stringify(args),
        label,
      })
      .execute()
  })
  return findStep(deps, datasetUid, stack, processorUid)
}

export async function replaceStep(
  deps: EditorDeps,
  datasetUid: string,
  stack: Stack,
  processorUid: string,
  input: StepInput,
): Promise<ConfiguredStep> {
  await findStep(deps, datasetUid, stack, processorUid)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    const change = { name: input.name, args_json: JSON.stringify(input.args), label: input.label }
    await trx.updateTable('steps').set(change).where('processor_uid', '=', processorUid).execute()
  })
  return findStep(deps, datasetUid, stack, processorUid)
}

export async function deleteStep(
  deps: EditorDeps,
  datasetUid: string,
  stack: Stack,
  processorUid: string,
): Promise<void> {
  await findStep(deps, datasetUid, stack, processorUid)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx.deleteFrom('steps').where('processor_uid', '=', processorUid).execute()
  })
}
