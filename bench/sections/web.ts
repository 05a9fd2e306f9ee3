/** What pages weigh and take: scripts, the server's time, frames of a long table and of a map of many points. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { Pool } from 'undici'
import { demoDatasets } from '../../src/cli/demo-datasets.ts'
import type { TestServer } from '../../test/support/server.ts'
import { type Frames, framesOf, scriptBytesOf, withBrowser } from '../browser.ts'
import { pointsInput, type Scale } from '../inputs/inputs.ts'
import { atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { withServer } from '../server.ts'
import { median, quantile } from '../stats.ts'

const section = 'web'
/** Before maps and charts load. Kilobytes, as sent. */
const maxScriptKb = 120
/** Milliseconds. */
const maxServerMs = 50
const maxFrameMs = 50
const requests = { full: 200, small: 30 } as const
const points = { full: 100_000, small: 10_000 } as const
const flights = {
  full: { file: 'flights-3m.parquet', extractor: 'parquet' },
  small: { file: 'flights-200k.arrow', extractor: 'arrow' },
} as const
const scrolledMs = { full: 8000, small: 2000 } as const

const pages = {
  home: '/',
  catalog: '/explore',
  'catalog, searched': '/explore?q=weather',
  information: '/explore/dataset/airports/information/',
  table: '/explore/dataset/airports/table/',
  'table, filtered': '/explore/dataset/airports/table/?refine.state=TX&sort=-name',
  map: '/explore/dataset/airports/map/',
  analyze: '/explore/dataset/seattle-weather/analyze/',
} as const

export async function webSection({ scale, rounds }: SectionOptions): Promise<Finding[]> {
  return withServer(async (server) => {
    await publishAll(server, scale)
    const findings = await serverTimes(server, requests[scale])
    const seen = await withBrowser(async (browser) => [
      ...(await scripts(browser, server)),
      await table(browser, server, scale),
      ...(await map(browser, server, scale, rounds)),
    ])
    const none = { section, name: 'scripts and frames', goal: '', measured: 'no browser here', isMet: null }
    return [...findings, ...(seen ?? [none])]
  })
}

async function publishAll(server: TestServer, scale: Scale): Promise<void> {
  const fileOf = (file: string) =>
    fileURLToPath(new URL(`../data/${file}`, import.meta.resolve('vega-datasets')))
  const publish = async (datasetId: string, spec: Parameters<TestServer['createDataset']>[1]) => {
    say(`web: publishing ${datasetId}`)
    const { datasetUid } = await server.createDataset(datasetId, spec)
    await server.jobDone(await server.publish(datasetUid), { timeoutMs: 3_600_000 })
  }
  for (const { datasetId, file, extractor, processors, fieldSpecifications, metas } of demoDatasets) {
    if (datasetId === 'flights-3m') continue
    await publish(datasetId, {
      filename: file,
      content: { path: fileOf(file) },
      extractor,
      processors,
      fieldSpecifications,
      metas: metas as Record<string, Record<string, unknown>>,
    })
  }
  const { file, extractor } = flights[scale]
  await publish('flights', { filename: file, content: { path: fileOf(file) }, extractor })
  const input = await pointsInput(points[scale])
  await publish('points', {
    filename: 'points.csv',
    content: { path: input.path },
    extractor: 'csvfile',
    processors: [
      { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'place' } },
    ],
  })
}

/** From the request to the last byte, one reader at a time; answers of the API are not kept in memory meanwhile. */
async function serverTimes(server: TestServer, count: number): Promise<Finding[]> {
  const reader = new Pool(server.url, { connections: 1 })
  const all: Readonly<Record<string, string>> = {
    ...pages,
    'table of flights': '/explore/dataset/flights/table/',
  }
  const times = new Map(Object.keys(all).map((name) => [name, [] as number[]]))
  try {
    // In turn, so that whatever else the machine does falls on all; the first round warms up.
    for (let round = 0; round <= count; round++) {
      for (const [name, path] of Object.entries(all)) {
        const startedAt = performance.now()
        const answer = await reader.request({ method: 'GET', path, headers: { accept: 'text/html' } })
        await answer.body.dump()
        if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`)
        if (round > 0) times.get(name)!.push(performance.now() - startedAt)
      }
    }
  } finally {
    await reader.close()
  }
  return [...times].map(([name, taken]) => {
    const [p50, p99] = [median(taken), quantile(taken, 0.99)]
    say(`web: ${name}: p50 ${tidy(p50)} ms, p99 ${tidy(p99)} ms`)
    return {
      section,
      name: `server time of a page: ${name}`,
      goal: `p50 at most ${maxServerMs} ms`,
      measured: `p50 ${tidy(p50)} ms, p99 ${tidy(p99)} ms`,
      isMet: p50 <= maxServerMs,
    }
  })
}

async function scripts(browser: Browser, server: TestServer): Promise<Finding[]> {
  const libraries = librariesOfCharts()
  const findings: Finding[] = []
  for (const [name, path] of Object.entries({ ...pages, API: '/explore/dataset/airports/api/' })) {
    const context = await browser.newContext()
    const page = await context.newPage()
    const bytes = await scriptBytesOf(page, `${server.url}${path}`, ['maplibre', ...libraries])
    await context.close()
    if (bytes === 0) throw new Error(`${path} has loaded no script`)
    findings.push({ section, name: `script of a page: ${name}`, ...atMost(maxScriptKb, bytes / 1000, 'KB') })
  }
  return findings
}

/** Addresses of what draws charts, and of nothing that pages load before. */
function librariesOfCharts(): string[] {
  const manifest = fileURLToPath(new URL('../../web/build/manifest.json', import.meta.url))
  const { chunks } = JSON.parse(readFileSync(manifest, 'utf8')) as { chunks: Record<string, string[]> }
  const drawing = chunks['portal/draw-chart.ts']
  if (!drawing) throw new Error('what draws charts is not where it was')
  const before = new Set([...(chunks['kit/client.ts'] ?? []), ...(chunks['islands/chart-builder.tsx'] ?? [])])
  return drawing.filter((address) => !before.has(address))
}

/** Read line by line, flung, and dragged to places far apart. */
async function table(browser: Browser, server: TestServer, scale: Scale): Promise<Finding> {
  const page = await openWide(browser)
  await page.goto(`${server.url}/explore/dataset/flights/table/`, { waitUntil: 'networkidle' })
  await page.locator('.data-scroll.awake').waitFor()
  const scroll = (pixels: string) => `new Promise((done) => {
    const element = document.querySelector('.data-scroll')
    const startedAt = performance.now()
    const end = element.scrollHeight
    let turn = 0
    const step = (now) => {
      if (now - startedAt > ${scrolledMs[scale]}) return done()
      turn++
      ${pixels}
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })`
  const frames = await framesOf(page, async () => {
    await page.evaluate(scroll('element.scrollTop += 40'))
    await page.evaluate(scroll('element.scrollTop += 2500'))
    await page.evaluate(scroll('if (turn % 15 === 0) element.scrollTop = (turn * 7919 * 1000) % end'))
  })
  const rows = await page.locator('.data-table').getAttribute('aria-rowcount')
  await page.context().close()
  return {
    section,
    name: `scroll through a table of ${(Number(rows) - 1).toLocaleString('en-US')} records: longest frame`,
    ...atMost(maxFrameMs, Math.max(...frames.gaps), 'ms'),
    measured: showFrames(frames),
  }
}

async function map(browser: Browser, server: TestServer, scale: Scale, rounds: number): Promise<Finding[]> {
  const ready: number[] = []
  let frames: Frames | null = null
  for (let round = 0; round < rounds; round++) {
    // A context of its own: nothing is in its cache.
    const page = await openWide(browser)
    const startedAt = performance.now()
    await page.goto(`${server.url}/explore/dataset/points/map/`)
    await page.locator('.map[data-drawn]').waitFor()
    ready.push(performance.now() - startedAt)
    if (round === rounds - 1) frames = await framesOf(page, () => pan(page))
    await page.context().close()
  }
  const size = points[scale].toLocaleString('en-US')
  say(`web: map: ${ready.map(tidy).join(', ')} ms`)
  return [
    {
      section,
      name: `map of ${size} points: from the address to a map that moves, nothing cached`,
      goal: '',
      measured: `${tidy(median(ready))} ms`,
      isMet: null,
    },
    {
      section,
      name: `map of ${size} points, dragged: longest frame (drawn by the processor)`,
      goal: '',
      measured: showFrames(frames!),
      isMet: null,
    },
  ]
}

/** There and back, and closer. */
async function pan(page: Page): Promise<void> {
  const box = (await page.locator('.map').boundingBox())!
  const middle = [box.x + box.width / 2, box.y + box.height / 2] as const
  for (const [dx, dy] of [
    [-200, 0],
    [200, 100],
    [0, -150],
  ] as const) {
    await page.mouse.move(...middle)
    await page.mouse.down()
    await page.mouse.move(middle[0] + dx, middle[1] + dy, { steps: 30 })
    await page.mouse.up()
  }
  await page.getByRole('button', { name: 'Zoom in' }).click()
  await page.mouse.move(...middle)
  await page.mouse.down()
  await page.mouse.move(middle[0] - 200, middle[1] - 100, { steps: 30 })
  await page.mouse.up()
}

async function openWide(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
  return context.newPage()
}

function showFrames({ gaps, longestTaskMs }: Frames): string {
  const task = longestTaskMs === 0 ? 'no task over 50 ms' : `longest task ${tidy(longestTaskMs)} ms`
  return `${tidy(Math.max(...gaps))} ms of ${gaps.length} frames (p99 ${tidy(quantile(gaps, 0.99))} ms, ${task})`
}
