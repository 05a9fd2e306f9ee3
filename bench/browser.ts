/** A real browser for measurements: what pages load, and how long their frames take. */
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, skippedWithoutBrowser } from '../test/support/browser.ts'

/** Null where there is no browser on this machine: what needs one cannot be told. */
export async function withBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T | null> {
  if (skippedWithoutBrowser !== false) return null
  const browser = await launchBrowser()
  try {
    return await work(browser)
  } finally {
    await browser.close()
  }
}

export interface Frames {
  /** Milliseconds from each frame to the next, as the page saw them. */
  readonly gaps: readonly number[]
  /** The longest piece of work of the page's own thread, of those of more than 50 ms; 0: there was none. */
  readonly longestTaskMs: number
}

/** Frames of the page while `work` is done. */
export async function framesOf(page: Page, work: () => Promise<unknown>): Promise<Frames> {
  await page.evaluate(`{
    const seen = { gaps: [], tasks: [], isOver: false }
    globalThis.benchFrames = seen
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask' })
    let last
    const step = (now) => {
      if (seen.isOver) return
      if (last !== undefined) seen.gaps.push(now - last)
      last = now
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  }`)
  await work()
  const { gaps, tasks } = await page.evaluate<{ gaps: number[]; tasks: number[] }>(`{
    benchFrames.isOver = true
    benchFrames
  }`)
  return { gaps, longestTaskMs: Math.max(0, ...tasks) }
}

/** Bytes of scripts as they came over the wire, until the network is quiet; `ignored`: parts of addresses. */
export async function scriptBytesOf(
  page: Page,
  address: string,
  ignored: readonly string[],
): Promise<number> {
  const sizes: Promise<number>[] = []
  page.on('response', (response) => {
    const request = response.request()
    if (request.resourceType() !== 'script') return
    if (ignored.some((part) => request.url().includes(part))) return
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  await page.goto(address, { waitUntil: 'networkidle' })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
