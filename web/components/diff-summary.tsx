import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'
import type { Diff } from '../office/types.ts'

/** What a publish would change, or what differs between two versions: "+1,203 −0 ~87 records, ...". */
export function DiffSummary({ diff }: { readonly diff: Diff }): VNode {
  const { t, format } = useEnv()
  const { records, fields } = diff
  const typed = (type: string) => t(`type.${type}` as MessageKey)
  const sentences = [
    ...fields.added.map(({ name, type }) => t('diff.field_added', { name, type: typed(type) })),
    ...fields.removed.map(({ name }) => t('diff.field_removed', { name })),
    ...fields.retyped.map(({ name, to }) => t('diff.field_retyped', { name, type: typed(to) })),
    ...fields.relabelled.map(({ name, to }) => t('diff.field_relabelled', { name, label: to })),
  ]
  const parts: readonly [string, number, MessageKey, string][] = [
    ['+', records.added, 'diff.added', 'ok'],
    ['−', records.removed, 'diff.removed', 'bad'],
    ['~', records.changed, 'diff.changed', 'warn'],
  ]
  return (
    <div class="diff-summary">
      <p class="diff-figures">
        {parts.map(([sign, count, key, tone]) => (
          <span key={sign} class={`tag ${count > 0 ? tone : ''}`} title={t(key, { count })}>
            <span aria-hidden="true" class="number">
              {sign}
              {format.number(count)}
            </span>
            <span class="visually-hidden">{t(key, { count })}, </span>
          </span>
        ))}{' '}
        <span>{t('diff.records')}</span>
      </p>
      {sentences.length > 0 && (
        <ul class="diff-fields">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {sentences.length === 0 && records.added + records.removed + records.changed === 0 && (
        <p class="muted">{t('diff.nothing')}</p>
      )}
    </div>
  )
}
