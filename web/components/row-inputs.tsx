import type { VNode } from 'preact'
import type { Row } from '../office/rows.ts'

export interface RowColumn {
  readonly name: string
  readonly label: string
  readonly placeholder?: string
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
            {columns.map(({ name, label, placeholder }) => (
              <td key={name} data-label={label}>
                <input
                  name={`${id}.${index}.${name}`}
                  aria-label={`${label}, ${index + 1}`}
                  placeholder={placeholder}
                  defaultValue={row[name]}
                  spellcheck={false}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
