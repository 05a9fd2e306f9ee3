/** The server's own OpenAPI document, as a list of operations and as the judge of answers. */
import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Answer, Client } from './http-client.ts'

export interface Operation {
  readonly operationId: string
  readonly method: string
  /** With `{parameters}`. */
  readonly path: string
  readonly tags: readonly string[]
  readonly security: readonly Record<string, unknown>[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, unknown>>
}

export interface ApiDocument {
  // biome-ignore lint/suspicious/noExplicitAny: the document is what tests look into
  readonly json: any
  readonly operations: readonly Operation[]
  /** Fails unless the answer is one that the document describes for its operation. */
  check(method: string, path: string, answer: Answer): void
}

export async function readApiDocument(client: Client): Promise<ApiDocument> {
  const { json } = await client.expect(200, 'GET', '/api/openapi.json')
  const operations = operationsOf(json)
  // Formats are checked where a test is about them; here it is about the shape.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(json, 'document')
  const compiled = new Map<string, ValidateFunction>()
  const validatorAt = (pointer: string) => {
    const known = compiled.get(pointer)
    if (known) return known
    const validate = ajv.compile({ $ref: `document#${pointer}` })
    compiled.set(pointer, validate)
    return validate
  }

  return {
    json,
    operations,
    check(method, path, answer) {
      const operation = operationAt(operations, method, path)
      assert.ok(operation, `${method} ${path} is not documented`)
      const name = `${method} ${operation.path} ${answer.status}`
      const escaped = operation.path.replaceAll('~', '~0').replaceAll('/', '~1')
      let pointer = `/paths/${encodeURIComponent(escaped)}/${method.toLowerCase()}/responses/${answer.status}`
      let response = operation.responses[answer.status] as Response | undefined
      assert.ok(response, `${name} is not documented`)
      if (response.$ref) {
        pointer = response.$ref.slice(1)
        response = pointer
          .split('/')
          .slice(1)
          .reduce((node, key) => node[key], json) as Response
      }
      if (!response.content) return assert.equal(answer.text, '', `${name} should be empty`)
      const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? 'none'
      const described = response.content[mediaType] ?? response.content['*/*']
      assert.ok(described, `${name}: ${mediaType} is not among ${Object.keys(response.content).join(', ')}`)
      if (!JSON.stringify(described.schema).includes('$ref')) return
      const validate = validatorAt(`${pointer}/content/application~1json/schema`)
      assert.ok(
        validate(answer.json),
        `${name} does not fit its schema: ${JSON.stringify(validate.errors)}\n${answer.text.slice(0, 500)}`,
      )
    },
  }
}

interface Response {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function operationsOf(json: any): Operation[] {
  const all: Operation[] = []
  for (const [path, methods] of Object.entries<Record<string, Operation>>(json.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      all.push({
        ...operation,
        method: method.toUpperCase(),
        path,
        tags: operation.tags ?? [],
        parameters: operation.parameters ?? [],
      })
    }
  }
  return all
}

/** Literal segments win over parameters, as in the router. */
function operationAt(operations: readonly Operation[], method: string, path: string): Operation | undefined {
  const split = (text: string) => text.split('?')[0]!.split('/').filter(Boolean)
  const asked = split(path)
  const fits = operations.filter((operation) => {
    const own = split(operation.path)
    return (
      operation.method === method &&
      own.length === asked.length &&
      own.every((segment, index) => segment.startsWith('{') || segment === asked[index])
    )
  })
  const parametersIn = (operation: Operation) => operation.path.split('{').length
  return fits.sort((a, b) => parametersIn(a) - parametersIn(b))[0]
}

/** `expect` of a client, with every answer held against the document and every refusal against the error envelope. */
export function documented(client: Client, document: ApiDocument): Client['expect'] {
  return async (status, method, path, options) => {
    const answer = await client.expect(status, method, path, options)
    document.check(method, path, answer)
    if (path.startsWith('/api/management/') && status >= 400) checkEnvelope(answer)
    return answer
  }
}

/** The five fields of an error of the management API agree with each other. Management API section 6.2. */
function checkEnvelope(answer: Answer): void {
  for (const error of [answer.json, ...(answer.json.errors ?? [])]) {
    assert.equal(error.message, fill(error.raw_message, error.raw_params))
  }
  assert.equal(answer.json.status_code, answer.status)
}

function fill(template: string, params: Record<string, unknown>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  )
}
