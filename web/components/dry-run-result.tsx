import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { type Job, officePath } from '../office/types.ts'
import { Act, type Run } from './act.tsx'
import { DiffSummary } from './diff-summary.tsx'
import { Icon } from './icon.tsx'

/** What a dry run found, as long as it is the last thing that happened. */
export function DryRunResult({
  job,
  isBusy,
  run,
  mayPublish,
}: {
  readonly job: Job
  readonly isBusy: boolean
  readonly run: Run
  readonly mayPublish: boolean
}): VNode | null {
  const { t } = useEnv()
  const { result } = job
  if (!result?.dry_run || !result.diff || !result.generation_uid) return null
  return (
    <section class="card stack" aria-labelledby="dry-run">
      <h2 id="dry-run">{t('dry_run.title')}</h2>
      <DiffSummary diff={result.diff} />
      {(['rejected', 'replaced'] as const).map((what) => {
        const count = result[`rows_${what}`] ?? 0
        return (
          count > 0 && (
            <p key={what} class="warn-text">
              {t(`dry_run.${what}`, { count })}
            </p>
          )
        )
      })}
      {(result.built_records_errors ?? 0) > 0 && (
        <p>
          <a
            class="warn-text"
            href={`${officePath(job.dataset_uid!, 'errors')}?generation=${result.generation_uid}`}
          >
            {t('situation.record_errors', { count: result.built_records_errors! })}
          </a>
        </p>
      )}
      {result.gates && result.gates.length > 0 && (
        <div class="notice warn">
          <Icon name="warning" />
          <div>
            {t('dry_run.would_hold')}
            <ul>
              {result.gates.map((gate) => (
                <li key={`${gate.gate}-${gate.field ?? ''}`}>{gate.message}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <div class="row">
        {mayPublish && (
          <Act
            action="publish_generation"
            run={run}
            isBusy={isBusy}
            kind=""
            fields={{ generation: result.generation_uid }}
          >
            <Icon name="check" />
            {t('dry_run.publish')}
          </Act>
        )}
        <a
          class="button secondary"
          href={`/backoffice/datasets/${job.dataset_uid}/versions?from=current&to=${result.generation_uid}#compare`}
        >
          {t('dry_run.records')}
        </a>
        <a class="button quiet" href={`/backoffice/jobs/${job.job_id}`}>
          {t('outcome.details')}
        </a>
      </div>
    </section>
  )
}
