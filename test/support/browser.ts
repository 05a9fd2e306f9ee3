/** A real browser for tests of pages: one for the tests of a file. It complains where a reader would see nothing. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { isWhole } from './tiers.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)

/** For `{ skip }`: why there is nothing to test with; false: there is. */
export const skippedWithoutBrowser = executablePath === undefined ? 'no Chromium is installed' : false

/** Maps are drawn by the processor: there is no graphics card where tests run. */
const flags = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

export interface TestPage {
  readonly page: Page
  /** What the console, the network and the page's own errors have said. */
  readonly complaints: string[]
}

/** Whoever launches it closes it. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args: flags })

/** The browser of a file: started by the first test that asks, closed after the last. */
export function shareBrowser(): (options?: BrowserContextOptions) => Promise<TestPage> {
  let launched: Promise<Browser> | null = null
  after(async () => (await launched)?.close())
  return async (options = {}) => {
    launched ??= launchBrowser()
    const context = await (await launched).newContext({
      locale: 'en-GB',
      reducedMotion: 'reduce',
      ...options,
    })
    const page = await context.newPage()
    // Three test files share two processors.
    page.setDefaultTimeout(60_000)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    return { page, complaints }
  }
}

/** What keeps a page from WCAG 2.2 AA, as far as axe can tell, in words; `rules`: only by these. */
export async function accessibilityProblems(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe.source)
  const run = { resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) }
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }>(`axe.run(document, ${JSON.stringify(run)})`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 300)} ${failureSummary}`),
  )
}

/** Signs in by the page for it, and waits for the page that it leads to. */
export async function signInPage(
  page: Page,
  server: { readonly url: string },
  user: { readonly username: string; readonly password: string },
  back: string,
): Promise<void> {
  await page.goto(`${server.url}/login?back=${encodeURIComponent(back)}`)
  await page.getByLabel('User name').fill(user.username)
  await page.getByLabel('Password').fill(user.password)
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${server.url}${back}`)
}

/**
 * A page as everybody has to be able to use it: there, with the strict CSP, accessible in light and dark, no wider than a
 * phone. Keeps screenshots. `open`: what is folded is opened first.
 */
export async function lookAtPage(page: Page, address: string, name: string, open = false): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 860 })
  const answer = await page.goto(address)
  assert.equal(answer?.status(), 200, name)
  assert.match(answer!.headers()['content-security-policy']!, /script-src 'self';/)
  if (open) {
    const folded = page.locator('main details:not(.confirm):not([open]) > summary')
    for (const summary of await folded.elementHandles()) await summary.click()
  }
  assert.deepEqual(await accessibilityProblems(page), [], `${name}, light`)
  await keepScreenshot(page, `${name}-desktop-light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.deepEqual(await accessibilityProblems(page, ['color-contrast']), [], `${name}, dark`)
  await page.setViewportSize({ width: 390, height: 844 })
  await keepScreenshot(page, `${name}-phone-dark`)
  const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.ok(Number(beyond) <= 0, `${name} is ${beyond} pixels wider than a phone`)
}

const screenshots = fileURLToPath(new URL('../../web/screenshots/', import.meta.url))

/** Kept to be looked at, with `npm run test:all`: web/screenshots/NAME.png. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  // Drawing them without a graphics card takes longer than the pages do.
  if (!isWhole) return
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}${name}.png` })
}
