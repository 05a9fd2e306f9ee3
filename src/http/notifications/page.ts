/** The few pages behind the links of mails: no script, no style from elsewhere, and a button, as programs follow links too. */
import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Language } from '../../kernel/index.ts'

const style = `body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
button{font:inherit;padding:.5rem 1.2rem;border:0;border-radius:.4rem;background:#0b5cad;color:#fff;cursor:pointer}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}button{background:#79b8ff;color:#0d1117}}`

const styleHash = createHash('sha256').update(style).digest('base64')
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** `language`: of the texts. `button`: what it says; it posts to the address of the page. Texts are ours, and are not escaped. */
export function sendPage(
  reply: FastifyReply,
  language: Language,
  { title, text, button }: { readonly title: string; readonly text: string; readonly button?: string },
): FastifyReply {
  const form = button === undefined ? '' : `<form method="post"><button>${button}</button></form>`
  return reply
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', policy)
    .header('Cache-Control', 'no-store')
    .send(`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${text}</p>${form}</main></body></html>`)
}
