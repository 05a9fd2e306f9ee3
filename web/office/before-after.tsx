import type { VNode } from 'preact'
import { PreviewTable, valueText } from '../components/preview-table.tsx'
import { Problem } from '../components/problem.tsx'
import { useEnv } from '../kit/env.ts'
import type { ProcessorPreview } from './types.ts'

export interface Before {
  /** Of the step. */
  readonly index: number
  readonly before: ProcessorPreview | null
  /** Null: the step cannot be applied, or is not filled in yet. */
  readonly after: ProcessorPreview | null
  readonly problem: { readonly message: string; readonly hint: string } | null
}

/** The first records before and behind a step, what it changed set off, and what it could not handle. */
export function BeforeAfter({ before, after, problem }: Before): VNode {
  const { t } = useEnv()
  return (
    <div class="stack before-after">
      <Problem problem={problem} />
      {after && (
        <section class="stack" aria-label={t('processing.after')}>
          <h3>
            {t('processing.after')}{' '}
            <span class="muted small">
              {t('processing.rows', {
                kept: after.rows.kept,
                filtered: after.rows.filtered,
                added: after.rows.added,
              })}
            </span>
          </h3>
          {after.errors_count > 0 && (
            <div class="notice warn">
              <div>
                {t('processing.errors', { count: after.errors_count })}
                <ul>
                  {after.errors.slice(0, 5).map((error) => (
                    <li key={`${error.record_id}-${error.field}`}>
                      {error.field}: “{error.value.slice(0, 80)}” – {error.reason}
                    </li>
                  ))}
                </ul>
              </div>
            </div>
          )}
          <PreviewTable
            caption={t('processing.after')}
            fields={after.fields}
            records={after.records}
            marked={before ? changedFields(before, after) : new Set()}
          />
        </section>
      )}
      {before && (
        <details open={after === null}>
          <summary>{t('processing.before')}</summary>
          <PreviewTable caption={t('processing.before')} fields={before.fields} records={before.records} />
        </details>
      )}
    </div>
  )
}

/** Fields that are new, of another type, or of another value in one of the records. */
function changedFields(before: ProcessorPreview, after: ProcessorPreview): Set<string> {
  const types = new Map(before.fields.map(({ name, type }) => [name, type]))
  const changed = after.fields.filter(({ name, type }) => {
    if (types.get(name) !== type) return true
    if (before.records.length !== after.records.length) return false
    return after.records.some(
      (record, row) => valueText(record[name]) !== valueText(before.records[row]?.[name]),
    )
  })
  return new Set(changed.map(({ name }) => name))
}
