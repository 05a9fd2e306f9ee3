import { validateFieldSpecification } from '../../ingest/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { isShownField, overField, printField, readField } from './field-shapes.ts'
import { invalid, type RegisterRoutes } from './scope.ts'
import { registerStack } from './step-routes.ts'

const text = { type: 'string' }
const body = {
  isRequired: true,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['type'],
        properties: {
          type: { ...text, enum: ['rename', 'type', 'annotate', 'description', 'order', 'delete'] },
          label: text,
          from_name: text,
          to_name: text,
          field_label: text,
          field: text,
          type_param: text,
          annotation: text,
          args: { type: 'array', items: { type: ['string', 'integer'] } },
          description: text,
          order: { type: 'array', items: text },
        },
      },
    },
  },
}

/** What fields are called, typed, described and marked. Automation API section 5. */
export const registerAutomationFields: RegisterRoutes = (scope, services) => {
  registerStack(scope, services, {
    path: 'fields',
    stack: 'field_specification',
    object: 'AutomationField',
    parameter: 'field_uid',
    id: 'Field',
    what: 'field configuration',
    body,
    isShown: isShownField,
    print: printField,
    read(given) {
      const input = readField(given)
      try {
        validateFieldSpecification(input.name, input.args as JsonObject)
      } catch (error) {
        throw inWordsOfHere(error, input.name)
      }
      return input
    },
    over: overField,
  })
}

/** Some arguments have another name here. */
function inWordsOfHere(error: unknown, name: string): unknown {
  if (!(error instanceof AppError)) return error
  const { argument, value, expected } = error.params
  const property = name === 'type' && argument === 'type' ? 'type_param' : argument
  if (property === undefined) return error
  return invalid(name === 'order' ? 'order' : String(property), value, String(expected ?? error.message))
}
