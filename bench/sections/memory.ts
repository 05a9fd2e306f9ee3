/** The most memory that server and builder need while a table far larger than both is published. */
import { childrenOf, memoryOf } from '../../test/support/processes.ts'
import { hugeInput } from '../inputs/inputs.ts'
import { atMost, type Finding, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, phasesOf, publishOnce, uploadInput, withServer } from '../server.ts'

export async function memorySection({ scale }: SectionOptions): Promise<Finding[]> {
  const input = await hugeInput(scale)
  return withServer(async (server) => {
    const peaks = { server: 0, builder: 0 }
    // The kernel keeps the highest value of a process; it only has to be asked before the process is gone.
    const timer = setInterval(() => {
      peaks.server = Math.max(peaks.server, memoryOf(server.pid)?.peakMb ?? 0)
      for (const pid of childrenOf(server.pid))
        peaks.builder = Math.max(peaks.builder, memoryOf(pid)?.peakMb ?? 0)
    }, 100)
    try {
      const startedAt = performance.now()
      const url = await uploadInput(server, input)
      const uploadMs = performance.now() - startedAt
      const afterUpload = memoryOf(server.pid)?.peakMb ?? Number.NaN
      const dataset = await createFrom(server, 'huge', url)
      const { ms: publishMs, job } = await publishOnce(server, dataset, input.rows)
      const size = `${tidy(input.bytes / 1e9)} GB, ${tidy(input.rows)} records`
      const section = 'memory'
      return [
        {
          section,
          name: `upload of ${size}: time and peak of the server`,
          goal: '',
          measured: `${tidy(uploadMs / 1000)} s, ${tidy(afterUpload)} MB`,
          isMet: null,
        },
        {
          section,
          name: `publish of ${size}`,
          goal: '',
          measured: `${tidy(publishMs / 1000)} s, ${tidy(input.rows / (publishMs / 1000))} records/s (${phasesOf(job)} s)`,
          isMet: null,
        },
        { section, name: 'peak memory of the builder', ...atMost(1500, peaks.builder, 'MB') },
        { section, name: 'peak memory of the server', ...atMost(700, peaks.server, 'MB') },
      ]
    } finally {
      clearInterval(timer)
    }
  })
}
