import { Type } from 'typebox'
import {
  addStep,
  deleteStep,
  findDatasetUid,
  findStep,
  listSteps,
  replaceStep,
  type Stack,
  type StepInput,
} from '../../catalog/index.ts'
import { AppError, type ConfiguredStep, type JsonObject } from '../../kernel/index.ts'
import { requirePermittedStep } from '../management/permitted-sources.ts'
import { answerOf, answerPage, type DescribedBody, noContent, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { type AutomationScope, datasetParams, editorOf, named, pageQuery, printPageOf } from './scope.ts'

const tags = ['automation-sources']

interface StackRoutes {
  /** The last part of the addresses. */
  readonly path: string
  readonly stack: Stack
  readonly object: 'AutomationField' | 'AutomationProcessor'
  /** In addresses and operation ids. */
  readonly parameter: 'field_uid' | 'processor_uid'
  readonly id: 'Field' | 'Processor'
  readonly what: string
  readonly body: DescribedBody
  isShown(step: ConfiguredStep): boolean
  print(step: ConfiguredStep): JsonObject
  /** Errors: http.invalid_parameter and those of the step's validation. */
  read(body: JsonObject): StepInput
  over(present: ConfiguredStep, body: JsonObject): JsonObject
}

/** The five routes that both stacks of steps have. */
export function registerStack(scope: AutomationScope, services: HttpServices, routes: StackRoutes): void {
  const { control, catalogDeps } = services
  const { stack, object, id, what, body } = routes
  const all = `/datasets/:dataset_uid/${routes.path}/`
  const one = `${all}:${routes.parameter}/`
  const schema = { tags, params: datasetParams }
  const oneSchema = {
    tags,
    params: Type.Object({ ...datasetParams.properties, [routes.parameter]: Type.String() }),
  }
  const bodyOf = (request: { body: unknown }) => (request.body ?? {}) as JsonObject

  async function find(params: Record<string, string>): Promise<readonly [string, ConfiguredStep]> {
    const datasetUid = await findDatasetUid(control.db, params.dataset_uid!)
    const stepUid = params[routes.parameter]!
    const step = await findStep(catalogDeps, datasetUid, stack, stepUid)
    if (!routes.isShown(step)) throw new AppError('catalog.unknown_step', { processor_uid: stepUid })
    return [datasetUid, step]
  }

  scope.get(
    all,
    operation('READ', `automationList${id}s`, `List each ${what}, in order`, answerPage(object), {
      ...schema,
      querystring: pageQuery,
    }),
    async (request) => {
      const steps = await listSteps(
        catalogDeps,
        await findDatasetUid(control.db, request.params.dataset_uid),
        stack,
      )
      return printPageOf(request, request.query, steps.filter(routes.isShown), routes.print)
    },
  )
  scope.post(
    all,
    operation('WRITE', `automationAdd${id}`, `Append a ${what}`, answerOf(object, 201), schema, body),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const input = routes.read(bodyOf(request))
      await named('dataset', requirePermittedStep(services, request, datasetUid, stack, input))
      const step = await addStep(editorOf(services, request), datasetUid, stack, input)
      return reply.status(201).send(routes.print(step))
    },
  )
  scope.get(
    one,
    operation('READ', `automationRead${id}`, `Read a ${what}`, answerOf(object), oneSchema),
    async (request) => routes.print((await find(request.params as Record<string, string>))[1]),
  )
  scope.put(
    one,
    operation(
      'WRITE',
      `automationReplace${id}`,
      `Change a ${what} in its place; what is left out stays`,
      answerOf(object),
      oneSchema,
      body,
    ),
    async (request) => {
      const [datasetUid, present] = await find(request.params as Record<string, string>)
      const input = routes.read(routes.over(present, bodyOf(request)))
      await named('dataset', requirePermittedStep(services, request, datasetUid, stack, input))
      const editor = editorOf(services, request)
      return routes.print(await replaceStep(editor, datasetUid, stack, present.processor_uid, input))
    },
  )
  scope.delete(
    one,
    operation('WRITE', `automationDelete${id}`, `Delete a ${what}`, noContent, oneSchema),
    async (request, reply) => {
      const [datasetUid, { processor_uid }] = await find(request.params as Record<string, string>)
      await deleteStep(editorOf(services, request), datasetUid, stack, processor_uid)
      return reply.status(204).send()
    },
  )
}
