import type { FastifyInstance } from 'fastify'

/** The description of the API, made from the routes, and a page to browse it that needs nothing from elsewhere. */
export function registerDocs(app: FastifyInstance): void {
  const config = { permission: 'public' as const }
  app.get('/api/openapi.json', { config, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(app.swagger()),
  )
  app.get('/api/docs', { config, schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      .send(renderDocs(app.swagger() as unknown as Description)),
  )
  app.get('/api/docs/style.css', { config, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  )
}

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
    readonly required?: boolean
    readonly schema?: { readonly type?: string; readonly default?: unknown }
  }[]
  readonly requestBody?: { readonly content?: Record<string, { readonly schema?: unknown }> }
}

interface Description {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly paths: Record<string, Record<string, Operation>>
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function renderDocs(description: Description): string {
  const groups = new Map<string, string[]>()
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other'
      groups.set(tag, [...(groups.get(tag) ?? []), renderOperation(method, path, operation)])
    }
  }
  const sections = [...groups].map(
    ([tag, operations]) => `<section><h2>${escapeHtml(tag)}</h2>${operations.join('')}</section>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(description.info.title)} API</title><link rel="stylesheet" href="/api/docs/style.css"></head>
<body><main><h1>${escapeHtml(description.info.title)} API</h1><p>${escapeHtml(description.info.description ?? '')}
<a href="/api/openapi.json">OpenAPI 3.1</a></p>${sections.join('')}</main></body></html>`
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}</td><td>${escapeHtml(parameter.schema?.type ?? '')}</td><td>${escapeHtml(parameter.description ?? '')}</td></tr>`,
  )
  const table =
    parameters.length > 0
      ? `<table><tr><th>name</th><th>in</th><th>type</th><th></th></tr>${parameters.join('')}</table>`
      : ''
  const body = operation.requestBody
    ? `<pre>${escapeHtml(JSON.stringify(Object.values(operation.requestBody.content ?? {})[0]?.schema ?? {}, null, 2))}</pre>`
    : ''
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(operation.summary ?? '')}</summary>
<p>${escapeHtml(operation.description ?? '')}</p>${table}${body}</details>`
}

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}
main{max-width:60rem;margin:0 auto;padding:1rem}
details{border-top:1px solid #d0d7de;padding:.4rem 0}summary{cursor:pointer}
b{display:inline-block;min-width:4.5rem}table{border-collapse:collapse}td,th{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top}
pre{background:#f6f8fa;padding:.6rem;overflow:auto}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}a{color:#79b8ff}pre{background:#161b22}}`
