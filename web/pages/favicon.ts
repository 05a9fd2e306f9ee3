import type { RawRoute } from '../kit/page.ts'

/** A sheet of four columns. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5fff"/><path fill="#fff" d="M7 8h18v4H7zm0 6h8v3H7zm0 5h8v3H7zm10-5h8v8h-8z"/></svg>`

export const favicon: RawRoute = {
  path: '/favicon.svg',
  answer: async () => ({
    status: 200,
    headers: { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' },
    body: svg,
  }),
}
