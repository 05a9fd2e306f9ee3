import type { FastifyRequest } from 'fastify'
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
import { validateFieldSpecification, validateProcessor } from '../../ingest/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { requirePermittedStep } from './permitted-sources.ts'
import { printStep } from './render.ts'
import { datasetParams, editorOf, nullableText, type RegisterRoutes } from './scope.ts'

const stepParams = Type.Object({ ...datasetParams.properties, processor_uid: Type.String() })
const stepBody = Type.Object({
  name: Type.String(),
  args: Type.Optional(
    Type.Unsafe<JsonObject | string[]>({
      description: 'Arguments by name; for order an array of field names',
    }),
  ),
  label: Type.Optional(nullableText()),
})

interface StepStack {
  readonly path: string
  readonly stack: Stack
  readonly tag: string
  readonly what: string
  /** In operation ids. */
  readonly id: string
  validate(name: string, args: JsonObject | readonly string[]): void
}

const stacks: readonly StepStack[] = [
  {
    path: 'processors',
    stack: 'processor',
    tag: 'processors',
    what: 'processor',
    id: 'Processor',
    validate(name, args) {
      if (Array.isArray(args))
        throw new AppError('http.invalid_parameter', {
          parameter: 'args',
          value: 'an array',
          expected: 'it must be an object',
        })
      validateProcessor(name, args as JsonObject)
    },
  },
  {
    path: 'fields_specifications',
    stack: 'field_specification',
    tag: 'fields',
    what: 'field specification',
    id: 'FieldSpecification',
    validate: validateFieldSpecification,
  },
]

/** Processors and field specifications: two ordered stacks, applied in their order. Management API sections 14 and 15. */
export const registerSteps: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services

  for (const { path, stack, tag, what, id, validate } of stacks) {
    const read = (body: {
      name: string
      args?: JsonObject | string[] | undefined
      label?: string | null | undefined
    }): StepInput => {
      const args = body.args ?? {}
      if (typeof args !== 'object')
        throw new AppError('http.invalid_parameter', {
          parameter: 'args',
          value: String(args).slice(0, 60),
          expected: 'it must be an object',
        })
      validate(body.name, args)
      return { name: body.name, args, label: body.label ?? null }
    }
    const permitted = async (request: FastifyRequest, datasetUid: string, step: StepInput) => {
      await requirePermittedStep(services, request, datasetUid, stack, step)
      return step
    }
    const all = `/datasets/:dataset_uid/${path}`
    const schema = { tags: [tag], params: datasetParams }
    scope.get(
      all,
      operation('READ', `list${id}s`, `List each ${what}`, answerList('Step'), schema),
      async (request) =>
        (
          await listSteps(catalogDeps, await findDatasetUid(control.db, request.params.dataset_uid), stack)
        ).map(printStep),
    )
    scope.post(
      all,
      operation('WRITE', `add${id}`, `Append a ${what}`, answerOf('Step', 201), {
        ...schema,
        body: stepBody,
      }),
      async (request, reply) => {
        const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
        const step = await permitted(request, datasetUid, read(request.body))
        return reply
          .status(201)
          .send(printStep(await addStep(editorOf(services, request), datasetUid, stack, step)))
      },
    )

    const one = `${all}/:processor_uid`
    const oneSchema = { tags: [tag], params: stepParams }
    scope.get(
      one,
      operation('READ', `read${id}`, `Read a ${what}`, answerOf('Step'), oneSchema),
      async (request) =>
        printStep(
          await findStep(
            catalogDeps,
            await findDatasetUid(control.db, request.params.dataset_uid),
            stack,
            request.params.processor_uid,
          ),
        ),
    )
    scope.put(
      one,
      operation('WRITE', `replace${id}`, `Replace a ${what} in its place`, answerOf('Step'), {
        ...oneSchema,
        body: stepBody,
      }),
      async (request) => {
        const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
        const step = await permitted(request, datasetUid, read(request.body))
        const { processor_uid } = request.params
        return printStep(
          await replaceStep(editorOf(services, request), datasetUid, stack, processor_uid, step),
        )
      },
    )
    scope.delete(
      one,
      operation('WRITE', `delete${id}`, `Delete a ${what}`, noContent, oneSchema),
      async (request, reply) => {
        await deleteStep(
          editorOf(services, request),
          await findDatasetUid(control.db, request.params.dataset_uid),
          stack,
          request.params.processor_uid,
        )
        return reply.status(204).send()
      },
    )
  }
}
