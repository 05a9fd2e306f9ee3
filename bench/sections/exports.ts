/** All records as CSV, JSON lines, GeoJSON and XLSX over HTTP, against the engine's own COPY; and what the server needs for it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { explorePath } from '../../test/support/http-client.ts'
import { memoryOf } from '../../test/support/processes.ts'
import { cityInput, workDirectory } from '../inputs/inputs.ts'
import { queryMemoryMb } from '../limits.ts'
import { columns, openServing } from '../peers/raw-engine.ts'
import { atLeast, atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, uploadInput, withServer } from '../server.ts'
import { alternate, median } from '../stats.ts'

/**
 * `copy`: what the engine writes itself that comes nearest. It knows neither GeoJSON nor sheets: GeoJSON has each record's
 * geometry besides what JSON has, a sheet is XML of four times the size of CSV, deflated.
 */
const formats = [
  { format: 'csv', copy: "format csv, header, delimiter ';'", goal: 0.7, maxRows: Number.POSITIVE_INFINITY },
  { format: 'jsonl', copy: 'format json', goal: 0.7, maxRows: Number.POSITIVE_INFINITY },
  { format: 'geojson', copy: 'format json', goal: 0.4, maxRows: Number.POSITIVE_INFINITY },
  { format: 'xlsx', copy: "format csv, header, delimiter ';'", goal: 0.05, maxRows: 1_000_000 },
] as const

export async function exportSection({ scale, rounds }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  return withServer(async (server) => {
    const dataset = await createFrom(server, 'city', await uploadInput(server, input))
    await publishOnce(server, dataset, input.rows)
    const raw = await openServing(queryMemoryMb)
    const pool = new Pool(server.url, { connections: 1, bodyTimeout: 0, headersTimeout: 0 })
    const findings: Finding[] = []
    try {
      for (const { format, copy, goal, maxRows } of formats) {
        const rows = Math.min(input.rows, maxRows)
        const exported = `${explorePath}/city/exports/${format}`
        const path = rows < input.rows ? `${exported}?limit=${rows}` : exported
        const target = join(workDirectory, `copy.${format}`)
        const fields = columns.map(([name]) => name).join(', ')
        const times = await alternate(
          Math.max(3, rounds),
          async () => {
            const { ms } = await drain(pool, path, server.pid)
            say(`export: ${format} ours ${tidy(ms / 1000)} s`)
            return ms
          },
          async () => {
            const startedAt = performance.now()
            await raw.connection.run(
              `copy (select ${fields} from serving.records where _row < ${rows} order by _row) to '${target}' (${copy})`,
            )
            const ms = performance.now() - startedAt
            say(`export: ${format} COPY ${tidy(ms / 1000)} s`)
            return ms
          },
        )
        rmSync(target, { force: true })
        const rate = (list: readonly number[]) => rows / (median(list) / 1000)
        const speed = median(times.theirs.map((theirs, index) => theirs / times.ours[index]!))
        findings.push({
          section: 'export',
          name: `${format}, ${rows < input.rows ? `${tidy(rows)} records` : 'all records'} (${tidy(rate(times.ours))} records/s against ${tidy(rate(times.theirs))})`,
          ...atLeast(goal, speed, 'times'),
        })
        const tenth = await drain(pool, `${exported}?limit=${Math.floor(rows / 10)}`, server.pid)
        const whole = await drain(pool, path, server.pid)
        findings.push({
          section: 'export',
          name: `${format}: memory of the server, all records against a tenth (${tidy(whole.peakMb)} MB against ${tidy(tenth.peakMb)})`,
          ...atMost(1.2, whole.peakMb / tenth.peakMb, 'times'),
        })
      }
    } finally {
      await pool.close()
      raw.close()
    }
    return findings
  })
}

/** Reads an export to its end and throws it away, watching the server's memory. */
async function drain(pool: Pool, path: string, pid: number): Promise<{ ms: number; peakMb: number }> {
  let peakMb = 0
  const look = () => {
    peakMb = Math.max(peakMb, memoryOf(pid)?.residentMb ?? 0)
  }
  const timer = setInterval(look, 50)
  const startedAt = performance.now()
  try {
    const { statusCode, body } = await pool.request({ method: 'GET', path })
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${await body.text()}`)
    for await (const chunk of body) void chunk
  } finally {
    clearInterval(timer)
  }
  look()
  return { ms: performance.now() - startedAt, peakMb }
}
