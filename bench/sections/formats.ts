/** Formats that a library reads for the engine: records a second from the order to the end of the job, and the builder's memory. */
import { childrenOf, memoryOf } from '../../test/support/processes.ts'
import { type FormatInput, formatInputs } from '../inputs/format-inputs.ts'
import { atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { deleteDataset, phasesOf, publishOnce, withServer } from '../server.ts'

/** The engine's share is limited by the settings, JavaScript's by its heap of 512 MB. */
const mostMegabytes = 1500

export async function formatsSection({ scale }: SectionOptions): Promise<Finding[]> {
  const inputs = await formatInputs(scale)
  return withServer(async (server) => {
    const findings: Finding[] = []
    for (const input of inputs) {
      const { url } = await server.upload(input.filename, { path: input.path })
      const dataset = await server.createDataset(`formats-${input.extractor}`, {
        filename: input.filename,
        content: { url },
        extractor: input.extractor,
      })
      const { value, peakMb } = await watchBuilder(server.pid, () => publishOnce(server, dataset, input.rows))
      await deleteDataset(server, dataset)
      findings.push(...findingsOf(input, value.ms, peakMb, phasesOf(value.job)))
    }
    return findings
  })
}

function findingsOf(input: FormatInput, ms: number, peakMb: number, phases: string): Finding[] {
  const section = 'formats'
  const size = `${input.label}, ${input.rows.toLocaleString('en-US')} records, ${tidy(input.bytes / 1e6)} MB`
  say(`formats: ${size}: ${tidy(ms / 1000)} s, builder ${tidy(peakMb)} MB (${phases})`)
  return [
    {
      section,
      name: `publish of ${size}`,
      goal: '',
      measured: `${tidy(ms / 1000)} s, ${tidy(input.rows / (ms / 1000))} records/s (${phases} s)`,
      isMet: null,
    },
    { section, name: `peak memory of the builder: ${input.label}`, ...atMost(mostMegabytes, peakMb, 'MB') },
  ]
}

/** The kernel keeps the highest value of a process; it only has to be asked before the process is gone. */
async function watchBuilder<T>(
  serverPid: number,
  work: () => Promise<T>,
): Promise<{ value: T; peakMb: number }> {
  let peakMb = 0
  const timer = setInterval(() => {
    for (const pid of childrenOf(serverPid)) peakMb = Math.max(peakMb, memoryOf(pid)?.peakMb ?? 0)
  }, 50)
  try {
    const value = await work()
    return { value, peakMb }
  } finally {
    clearInterval(timer)
  }
}
