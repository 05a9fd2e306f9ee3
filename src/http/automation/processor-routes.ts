import { processorIn, processors, validateProcessor } from '../../ingest/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, operation } from '../openapi/index.ts'
import { overProcessor, printProcessor, readProcessor } from './processor-shapes.ts'
import type { RegisterRoutes } from './scope.ts'
import { registerStack } from './step-routes.ts'

const body = {
  isRequired: true,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' }, label: { type: 'string' } },
        additionalProperties: true,
        description: 'With the arguments of the processor beside these',
      },
    },
  },
}

/** Steps that change rows. Automation API section 6. */
export const registerAutomationProcessors: RegisterRoutes = (scope, services) => {
  scope.get(
    '/processors/',
    operation(
      'TOOLS',
      'automationListProcessorTypes',
      'List processors with their labels',
      answerList('AutomationProcessorType'),
      { tags: ['automation-sources'] },
    ),
    async (request) =>
      [...processors.values()]
        .map((processor) => processorIn(spokenLanguage(request), processor))
        .map(({ name, label }): JsonObject => ({ type: name, label })),
  )
  registerStack(scope, services, {
    path: 'processors',
    stack: 'processor',
    object: 'AutomationProcessor',
    parameter: 'processor_uid',
    id: 'Processor',
    what: 'processor',
    body,
    isShown: () => true,
    print: printProcessor,
    read(given) {
      const input = readProcessor(given)
      validateProcessor(input.name, input.args as JsonObject)
      return input
    },
    over: overProcessor,
  })
}
