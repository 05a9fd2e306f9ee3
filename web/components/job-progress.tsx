import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Format } from '../kit/format.ts'
import type { MessageKey, Translate } from '../kit/i18n.ts'
import type { Job, JobPhase } from '../office/types.ts'

/** `1 min 20 s`; nothing finer than a second, and no seconds beyond an hour. */
export function durationText(seconds: number, t: Translate): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return t('duration.seconds', { seconds: whole })
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return t('duration.minutes', { minutes, seconds: whole % 60 })
  return t('duration.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 })
}

/** 0 to 1; null: nobody can know. */
export function shareOf({ estimate, phases = [] }: Job): number | null {
  if (estimate && estimate.total_ms > 0) {
    return Math.min(1, Math.max(0, 1 - (estimate.seconds_left * 1000) / estimate.total_ms))
  }
  const extract = phases.find(({ name }) => name === 'extract')
  if (extract?.bytes_total && extract.bytes_read !== undefined)
    return extract.bytes_read / extract.bytes_total
  return null
}

/** How far a publish is: its phases with rows and rates, and how long it will take yet. */
export function JobProgress({ job }: { readonly job: Job }): VNode {
  const { t, format } = useEnv()
  const share = shareOf(job)
  const left = job.estimate?.seconds_left
  return (
    <div class="job-progress stack">
      <progress max={1} {...(share === null ? {} : { value: share })} aria-label={t('job.progress')} />
      {left !== undefined && <p class="small muted">{t('job.left', { time: durationText(left, t) })}</p>}
      <Phases phases={job.phases ?? []} format={format} t={t} />
      {job.attempt > 1 && (
        <p class="small warn-text">{t('job.attempt', { attempt: job.attempt, max: job.max_attempts })}</p>
      )}
    </div>
  )
}

function Phases({
  phases,
  format,
  t,
}: {
  readonly phases: readonly JobPhase[]
  readonly format: Format
  readonly t: Translate
}): VNode {
  return (
    <ol class="plain phases">
      {phases
        .filter(({ state }) => state !== 'skipped')
        .map((phase) => (
          <li key={phase.name} class={`phase ${phase.state}`}>
            <span class="phase-name">{t(`phase.${phase.name}` as MessageKey)}</span>
            <span class="muted small number">{figuresOf(phase, format, t)}</span>
            <span class="visually-hidden">{t(`phase_state.${phase.state}` as MessageKey)}</span>
          </li>
        ))}
    </ol>
  )
}

function figuresOf(phase: JobPhase, format: Format, t: Translate): string {
  const { rows_read: read, rows_per_second: rate, bytes_read: bytes, bytes_total: total } = phase
  return [
    read === undefined ? '' : t('phase.rows', { count: read }),
    phase.rows_rejected ? t('phase.rejected', { count: phase.rows_rejected }) : '',
    phase.records_errors ? t('phase.errors', { count: phase.records_errors }) : '',
    bytes === undefined || !total
      ? ''
      : t('phase.bytes', { read: format.bytes(bytes), total: format.bytes(total) }),
    rate === undefined || phase.state !== 'running' ? '' : t('phase.rate', { count: rate }),
    phase.duration_ms === undefined || phase.state === 'running'
      ? ''
      : t('duration.seconds', { seconds: format.number(phase.duration_ms / 1000, 1) }),
  ]
    .filter(Boolean)
    .join(' · ')
}
