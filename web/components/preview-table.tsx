import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { MessageKey } from '../kit/i18n.ts'

/** A value of a record, as text on one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  const { lon, lat } = value as { lon?: unknown; lat?: unknown }
  if (typeof lon === 'number' && typeof lat === 'number') return `${lat}, ${lon}`
  return JSON.stringify(value)
}

interface PreviewTableProps {
  readonly caption: string
  readonly fields: readonly { readonly name: string; readonly type?: string }[]
  readonly records: readonly Readonly<Record<string, unknown>>[]
  /** Names of fields that are set off. */
  readonly marked?: ReadonlySet<string>
}

/** The first records of something, as a table that scrolls in itself. */
export function PreviewTable({ caption, fields, records, marked }: PreviewTableProps): VNode {
  const { t } = useEnv()
  if (records.length === 0) return <p class="muted">{t('preview.no_records')}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
    <section class="scroll-x preview" aria-label={caption} tabIndex={0}>
      <table class="list small">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {fields.map(({ name, type }) => (
              <th key={name} scope="col" class={marked?.has(name) ? 'marked' : undefined}>
                {name}
                {type && <span class="muted type-name"> {t(`type.${type}` as MessageKey)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {records.map((record, index) => (
            <tr key={index}>
              {fields.map(({ name }) => (
                <td key={name} class={marked?.has(name) ? 'marked' : undefined}>
                  {valueText(record[name]).slice(0, 200)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
