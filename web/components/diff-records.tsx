import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { DiffRecord } from '../office/types.ts'
import { valueText } from './preview-table.tsx'

const signs = { added: '+', removed: '−', changed: '~' } as const
const tones = { added: 'ok', removed: 'bad', changed: 'warn' } as const

/** Records that differ: of a changed one what it was and what it is, field by field. */
export function DiffRecords({
  caption,
  records,
}: {
  readonly caption: string
  readonly records: readonly DiffRecord[]
}): VNode {
  const { t } = useEnv()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
    <section class="scroll-x preview" aria-label={caption} tabIndex={0}>
      <table class="list small diff-records">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">{t('diff.change')}</span>
            </th>
            <th scope="col">{t('diff.record')}</th>
            <th scope="col">{t('diff.values')}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={`${record.change}-${record._id}`}>
              <td>
                <span class={`tag ${tones[record.change]}`} title={t(`diff.is_${record.change}`)}>
                  <span aria-hidden="true">{signs[record.change]}</span>
                  <span class="visually-hidden">{t(`diff.is_${record.change}`)}</span>
                </span>
              </td>
              <td>
                {record.key ? Object.values(record.key).map(valueText).join(', ') : record._id.slice(0, 10)}
              </td>
              <td class="diff-values">
                {Object.keys({ ...record.old, ...record.new }).map((name) => (
                  <span key={name} class="diff-value">
                    <span class="muted">{name}</span>{' '}
                    {record.old && <del>{valueText(record.old[name]).slice(0, 120)}</del>}{' '}
                    {record.new && <ins>{valueText(record.new[name]).slice(0, 120)}</ins>}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
