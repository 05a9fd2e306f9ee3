import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Row } from '../office/rows.ts'

export interface RowColumn {
  readonly name: string
  readonly label: string
  readonly placeholder?: string
  /** A colour, `#rrggbb`: the browser's picker stands beside the text. */
  readonly isColor?: boolean
}

/** A list that is edited as a table of texts: empty rows at its end are for more, an emptied one is taken away. */
export function RowInputs({
  id,
  caption,
  columns,
  rows,
}: {
  readonly id: string
  readonly caption: string
  readonly columns: readonly RowColumn[]
  readonly rows: readonly Row[]
}): VNode {
  return (
    <table class="list cards-on-phone row-inputs">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ name, label }) => (
            <th key={name} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map(({ name, label, placeholder, isColor = false }) => (
              <td key={name} data-label={label}>
                <input
                  name={`${id}.${index}.${name}`}
                  aria-label={`${label}, ${index + 1}`}
                  placeholder={placeholder}
                  defaultValue={row[name]}
                  spellcheck={false}
                />
                {isColor && (
                  <ColorPicker of={`${id}.${index}.${name}`} label={label} value={row[name] ?? ''} />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Sets the text of the control before it, and follows it (kit/office-forms.ts); sends nothing itself. Of no use without JavaScript. */
function ColorPicker({
  of,
  label,
  value,
}: {
  readonly of: string
  readonly label: string
  readonly value: string
}): VNode {
  const { t } = useEnv()
  const full = /^#[0-9a-f]{3}$/i.test(value) ? value.replace(/[0-9a-f]/gi, '$&$&') : value
  return (
    <input
      type="color"
      class="color-picker"
      hidden
      data-color-of={of}
      aria-label={`${t('domain.pick_color')}: ${label}`}
      defaultValue={/^#[0-9a-f]{6}$/i.test(full) ? full.toLowerCase() : '#000000'}
    />
  )
}
