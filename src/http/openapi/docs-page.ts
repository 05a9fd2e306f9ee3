/** The page at /api/docs: the OpenAPI document as HTML. No script and nothing from elsewhere, so that it works anywhere. */

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>

interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
    readonly required?: boolean
    readonly schema?: Schema
  }[]
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content }
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly description?: string; readonly content?: Content }>
  >
}

export interface Description {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly tags?: readonly { readonly name: string; readonly description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** Text of ours, with `code` in backquotes. */
const prose = (text: string) => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')

export function renderDocs(description: Description): string {
  const { info, tags = [], paths, components } = description
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const groups = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags?.[0] === tag.name),
  }))
  const index = groups.map(
    ({ name, operations: own }) =>
      `<li><a href="#${name}">${escapeHtml(name)}</a> <small>${own.length}</small></li>`,
  )
  const sections = groups.map(
    ({ name, description: text, operations: own }) =>
      `<section id="${name}"><h2>${escapeHtml(name)}</h2><p>${prose(text ?? '')}</p>${own
        .map(({ method, path, operation }) => renderOperation(method, path, operation))
        .join('')}</section>`,
  )
  // The target of a link sits inside its details: browsers open those then.
  const objects = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details><summary><code>${name}</code></summary><div id="${name}">${prose(schema.description ?? '')}${renderProperties(schema)}</div></details>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)} API</title><link rel="stylesheet" href="/api/docs/style.css"></head>
<body><nav aria-label="Contents"><ul><li><a href="#start">start</a></li>${index.join('')}<li><a href="#objects">objects</a></li></ul></nav>
<main><header id="start"><h1>${escapeHtml(info.title)} API <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description ?? '')} Machine-readable: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<h2>Credentials</h2><p>The search API (<code>/api/explore/v2.1</code>) shows published datasets to anyone. The management API
(<code>/api/management/v2</code>) and the automation API (<code>/api/automation/v1.0</code>) answer nobody without credentials: <code>Authorization: Apikey &lt;key&gt;</code>,
<code>?apikey=&lt;key&gt;</code>, or a user name and password by basic authentication.</p>
<pre>curl -H 'Authorization: Apikey &lt;key&gt;' "$SERVER/api/management/v2/datasets"</pre>
<h2>Habits</h2><p>Every path works with and without a slash at its end. A body is read as JSON whatever its content type, and
may be empty where all of it is optional. Errors are JSON: <a href="#ManagementError">ManagementError</a>, <a href="#AutomationError">AutomationError</a> and
<a href="#ExploreError">ExploreError</a>.</p></header>
${sections.join('')}<section id="objects"><h2>objects</h2>${objects.join('')}</section></main></body></html>`
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    ({ name, in: place, schema, description, required }) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${escapeHtml(place)}</td><td>${typeOf(schema)}</td><td>${prose(description ?? '')}</td></tr>`,
  )
  const table =
    parameters.length > 0
      ? `<h4>Parameters</h4><table><tr><th>name</th><th>in</th><th>type</th><th></th></tr>${parameters.join('')}</table>`
      : ''
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(
    ([mediaType, { schema }]) => `<p><code>${escapeHtml(mediaType)}</code></p>${renderBody(schema)}`,
  )
  const body =
    bodies.length > 0
      ? `<h4>Body${operation.requestBody?.required ? '' : ' (may be left out)'}</h4>${bodies.join('')}`
      : ''
  const answers = Object.entries(operation.responses).map(
    ([status, answer]) => `<tr><td>${escapeHtml(status)}</td><td>${renderAnswer(answer)}</td></tr>`,
  )
  return `<details id="${escapeHtml(operation.operationId)}"><summary><b class="${escapeHtml(method)}">${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code> <span>${escapeHtml(operation.summary ?? '')}</span></summary>
<p>${prose(operation.description ?? '')}</p>${table}${body}<h4>Answers</h4><table>${answers.join('')}</table></details>`
}

function renderBody(schema: Schema | undefined): string {
  return schema?.properties
    ? renderProperties(schema)
    : `<p>${typeOf(schema)} ${prose(schema?.description ?? '')}</p>`
}

function renderAnswer(answer: Operation['responses'][string]): string {
  if (answer.$ref) {
    const [, kind] = /(Management|Automation|Explore)\d+$/.exec(answer.$ref) ?? []
    return link(`${kind}Error`)
  }
  const contents = Object.entries(answer.content ?? {})
  if (contents.length === 0) return prose(answer.description ?? '')
  return contents
    .map(([mediaType, { schema }]) =>
      mediaType === 'application/json' ? typeOf(schema) : escapeHtml(mediaType),
    )
    .join('; ')
}

function renderProperties(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(
    ([name, property]) =>
      `<tr><td><code>${escapeHtml(name)}</code>${schema.required?.includes(name) ? ' *' : ''}</td><td>${typeOf(property)}</td><td>${prose(property.description ?? '')}</td></tr>`,
  )
  return rows.length > 0
    ? `<table><tr><th>name</th><th>type</th><th></th></tr>${rows.join('')}</table>`
    : `<p>${typeOf(schema)}</p>`
}

const link = (name: string) => `<a href="#${name}">${escapeHtml(name)}</a>`

function typeOf(schema: Schema | undefined): string {
  if (!schema) return ''
  if (schema.$ref) return link(schema.$ref.split('/').at(-1)!)
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' or ')
  if (schema.enum) return schema.enum.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items) || 'anything'}`
  if (schema.type === undefined) return 'any JSON'
  return escapeHtml([schema.type].flat().join(' or '))
}

export const docsStyle = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff;display:flex;flex-wrap:wrap}
nav{flex:0 0 11rem;padding:1rem}nav ul{list-style:none;margin:0;padding:0;position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow:auto}
main{flex:1 1 30rem;min-width:0;max-width:60rem;padding:1rem}
a{color:#0b5cad}small{color:#59636e;font-weight:normal}
details{border-top:1px solid #d0d7de;padding:.4rem 0}:target:is(details,div){background:#fff8c5}
summary{cursor:pointer}summary span{color:#59636e}h4{margin:.8rem 0 .2rem}
summary b{display:inline-block;min-width:4.2rem;font-size:.85em}
.get{color:#0b5cad}.post{color:#1a7f37}.put{color:#9a6700}.delete{color:#b3261e}
table{border-collapse:collapse}td,th{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top}
code{overflow-wrap:anywhere}pre{background:#f6f8fa;padding:.6rem;overflow:auto}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}a,.get{color:#79b8ff}pre{background:#161b22}
details{border-color:#30363d}:target:is(details,div){background:#3a3000}small,summary span{color:#9198a1}.post{color:#56d364}.put{color:#e3b341}.delete{color:#ff7b72}}`
