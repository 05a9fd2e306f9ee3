import type { ComponentChildren, VNode } from 'preact'
import { layouts } from '../layout/index.ts'
import { themePath } from './accent.ts'
import { EnvContext, type EnvFacts } from './env.ts'
import type { Manifest } from './manifest.ts'
import type { Head, LayoutName, PageContext } from './page.ts'

interface DocumentProps {
  readonly context: PageContext
  readonly head: Head
  readonly layout: LayoutName
  readonly islands: readonly string[]
  readonly manifest: Manifest
  readonly children?: ComponentChildren
}

/** The whole HTML document around a page. */
export function Document({ context, head, layout, islands, manifest, children }: DocumentProps): VNode {
  const Layout = layouts[layout]
  const theme = context.cookies.broadsheet_theme
  const { lang, area, timezone, origin, title, hasFeedback, session, map } = context
  const facts: EnvFacts = { lang, area, timezone, origin, title, hasFeedback, session, map }
  return (
    <html
      lang={lang}
      data-area={area}
      data-layout={layout}
      data-theme={theme === 'dark' || theme === 'light' ? theme : undefined}
    >
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{head.title === title ? title : `${head.title} · ${title}`}</title>
        <meta name="color-scheme" content="light dark" />
        <Stylesheets manifest={manifest} />
        {context.brand.accent && (
          <link rel="stylesheet" href={`${themePath}?accent=${context.brand.accent.slice(1)}`} />
        )}
        <link rel="icon" href={context.brand.favicon ?? '/favicon.svg'} />
        <Described head={head} context={context} />
        {islands.length > 0 && <Scripts lang={lang} islands={islands} manifest={manifest} />}
        <script type="module" src={manifest.chunks['kit/client.ts']![0]} />
        <JsonScript id="env" type="application/json" value={facts} />
        {head.jsonLd !== undefined && <JsonScript type="application/ld+json" value={head.jsonLd} />}
      </head>
      <body>
        <EnvContext.Provider value={context}>
          <Layout context={context}>{children}</Layout>
        </EnvContext.Provider>
      </body>
    </html>
  )
}

function Stylesheets({ manifest }: { readonly manifest: Manifest }): VNode {
  return (
    <>
      {manifest.chunks['styles/main.css']!.map((href) => (
        <link key={href} rel="stylesheet" href={href} />
      ))}
    </>
  )
}

/** What search engines and other sites read. */
function Described({ head, context }: { readonly head: Head; readonly context: PageContext }): VNode {
  const { origin, url, title, lang } = context
  const canonical = `${origin}${head.canonical ?? `${url.pathname}`}`
  const description = head.description?.slice(0, 300)
  return (
    <>
      {description && <meta name="description" content={description} />}
      {head.refreshSeconds !== undefined && (
        <noscript>
          <meta http-equiv="refresh" content={String(head.refreshSeconds)} />
        </noscript>
      )}
      {head.robots && <meta name="robots" content={head.robots} />}
      <link rel="canonical" href={canonical} />
      <meta property="og:site_name" content={title} />
      <meta property="og:title" content={head.title} />
      <meta property="og:type" content={head.type ?? 'website'} />
      <meta property="og:url" content={canonical} />
      <meta property="og:locale" content={lang === 'fr' ? 'fr_FR' : 'en_GB'} />
      {description && <meta property="og:description" content={description} />}
      {head.image && <meta property="og:image" content={head.image} />}
      <meta name="twitter:card" content="summary" />
      {head.alternates?.map(({ type, title: name, href }) => (
        <link key={href} rel="alternate" type={type} title={name} href={href} />
      ))}
    </>
  )
}

/** The chunks that the islands need, asked for together instead of one after the other. */
function Scripts({
  lang,
  islands,
  manifest,
}: {
  readonly lang: string
  readonly islands: readonly string[]
  readonly manifest: Manifest
}): VNode {
  const sources = [`messages/${lang}.ts`, ...islands.map((name) => `islands/${name}.tsx`)]
  const addresses = new Set(sources.flatMap((source) => manifest.chunks[source] ?? []))
  return (
    <>
      {[...addresses].map((href) => (
        <link key={href} rel="modulepreload" href={href} />
      ))}
    </>
  )
}

/** Data in the page; `<` is written so that no text in it can end the element. */
function JsonScript({
  id,
  type,
  value,
}: {
  readonly id?: string
  readonly type: string
  readonly value: unknown
}): VNode {
  const text = JSON.stringify(value).replaceAll('<', '\\u003c')
  return <script id={id} type={type} dangerouslySetInnerHTML={{ __html: text }} />
}
