/**
 * What the command line shows, in three manners: a person at a terminal gets sentences and bars, a pipe gets the bare
 * results, `--json` gets one object a line. Results go to standard output, everything else to standard error.
 */
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import type { JobObject, JobProgress } from './wire.ts'

export interface Output {
  readonly isInteractive: boolean
  readonly isJson: boolean
  /** Something worth saying to a person who waits. */
  note(text: string): void
  /** What even a script should be told: data that did not come through. */
  warn(text: string): void
  /** A result: text for people and pipes, an event for programs. */
  result(text: string, event: Event): void
  /** A result that may be long, as it comes. */
  copy(body: Readable): Promise<void>
  /** Bytes sent so far. */
  upload(name: string, bytes: number, totalBytes: number): void
  job(job: JobObject): void
  /** Takes the open bar away. */
  endProgress(): void
  fail(message: string, hint: string | undefined, event: Event): void
}

export interface Event {
  readonly event: string
  readonly [key: string]: unknown
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export function createOutput(
  streams: Streams,
  options: { readonly json: boolean; readonly quiet: boolean },
): Output {
  const isInteractive =
    !options.json && !options.quiet && streams.stdout.isTTY === true && streams.stderr.isTTY === true
  const line = (stream: NodeJS.WriteStream, text: string) => stream.write(`${text}\n`)
  const emit = (event: Event) => line(streams.stdout, JSON.stringify(event))
  const bars = createBars(streams.stderr)
  let lastJobEvent = ''

  return {
    isInteractive,
    isJson: options.json,
    note(text) {
      if (isInteractive) line(streams.stderr, text)
    },
    warn(text) {
      bars.end()
      if (!options.json) line(streams.stderr, `broadsheet: ${text}`)
    },
    result(text, event) {
      bars.end()
      if (options.json) emit(event)
      else if (text !== '') line(streams.stdout, text)
    },
    async copy(body) {
      bars.end()
      await pipeline(body, streams.stdout, { end: false })
    },
    upload(name, bytes, totalBytes) {
      if (isInteractive)
        bars.show(`Uploading ${name}`, bytes, totalBytes, `${mebi(bytes)} of ${mebi(totalBytes)} MiB`)
    },
    job(job) {
      if (isInteractive) showJob(bars, job)
      if (!options.json) return
      // A poll that saw nothing new is no event.
      const text = JSON.stringify({ event: 'job', job })
      if (text !== lastJobEvent) line(streams.stdout, text)
      lastJobEvent = text
    },
    endProgress: () => bars.end(),
    fail(message, hint, event) {
      bars.end()
      if (options.json) return emit({ ...event, ...(hint === undefined ? {} : { hint }) })
      line(streams.stderr, `broadsheet: ${message}`)
      if (hint !== undefined) line(streams.stderr, `  ${hint}`)
    },
  }
}

interface Bars {
  show(label: string, value: number, total: number, detail: string): void
  end(): void
}

/** One bar at a time; a new label ends the bar before it. */
function createBars(stream: NodeJS.WriteStream): Bars {
  let open: { bar: SingleBar; label: string } | null = null
  function end(): void {
    open?.bar.stop()
    open = null
  }
  return {
    end,
    show(label, value, total, detail) {
      if (open?.label !== label) {
        end()
        const bar = new SingleBar({
          stream,
          format: `${label} {bar} {percentage}% {detail}`,
          barCompleteChar: '=',
          barIncompleteChar: '.',
          barsize: 24,
          clearOnComplete: true,
          hideCursor: true,
          linewrap: false,
          fps: 10,
        })
        bar.start(Math.max(total, 1), 0, { detail: '' })
        open = { bar, label }
      }
      open.bar.setTotal(Math.max(total, 1))
      open.bar.update(Math.min(value, total), { detail })
    },
  }
}

/** One bar for the whole job: how far the sources are read; the phases behind that show by their name. */
function showJob(bars: Bars, job: JobObject): void {
  const phase = job.progresses.at(-1)
  const read = job.progresses.findLast((entry) => entry.bytes_total !== undefined)
  const facts = read ? describePhase(read) : ''
  const detail = [phase?.step ?? job.state, facts].filter(Boolean).join(', ')
  bars.show(labels[job.function] ?? job.function, read?.bytes_read ?? 0, read?.bytes_total ?? 1, detail)
}

const labels: Readonly<Record<string, string>> = {
  publish: 'Publishing',
  publish_metadata: 'Publishing metadata',
  unpublish: 'Unpublishing',
  undo_unpublish: 'Undoing the unpublish',
  abort_processing: 'Aborting',
  save_version: 'Saving a version',
  restore_version: 'Restoring',
}

/** Rows, rate and estimate of one phase, as far as they are known. */
export function describePhase(phase: JobProgress): string {
  const parts: string[] = []
  if (phase.rows_read !== undefined) parts.push(`${count(phase.rows_read)} rows`)
  if (phase.rows_per_second) parts.push(`${count(phase.rows_per_second)} rows/s`)
  if (phase.records_errors) parts.push(`${count(phase.records_errors)} record errors`)
  if (typeof phase.seconds_left === 'number') parts.push(`${phase.seconds_left} s left`)
  return parts.join(', ')
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

function mebi(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1)
}
