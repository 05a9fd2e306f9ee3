import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Form } from '../kit/form.ts'
import type { Argument } from '../office/types.ts'
import { Field } from './field.tsx'

const prefix = 'arg.'
const lists = new Set(['fields', 'texts'])
const long = new Set(['expression', 'geojson', 'text_or_expression'])

/** Controls for the arguments of a processor or an extractor, made from what they are said to be. */
export function ArgumentFields({
  args,
  values,
  fieldNames,
  id,
}: {
  readonly args: readonly Argument[]
  readonly values: Readonly<Record<string, unknown>>
  /** What arguments that name a field may name. */
  readonly fieldNames: readonly string[]
  /** Begins the ids of the controls. */
  readonly id: string
}): VNode {
  return (
    <div class="form-grid">
      <datalist id={`${id}-field-names`}>
        {fieldNames.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {args.map((arg) => (
        <ArgumentField
          key={arg.name}
          arg={arg}
          value={values[arg.name]}
          id={`${id}-${arg.name}`}
          list={`${id}-field-names`}
        />
      ))}
    </div>
  )
}

function ArgumentField({
  arg,
  value,
  id,
  list,
}: {
  readonly arg: Argument
  readonly value: unknown
  readonly id: string
  readonly list: string
}): VNode {
  const { t } = useEnv()
  const name = `${prefix}${arg.name}`
  const label = (
    <>
      {calledOf(arg)}
      {!arg.is_mandatory && <span class="muted"> ({t('office.optional')})</span>}
    </>
  )
  const shown = value ?? arg.default
  const common = { id, name, 'aria-describedby': `${id}-hint`, required: arg.is_mandatory }
  if (arg.type === 'boolean') {
    return (
      <div class="field">
        <span class="row">
          <input
            id={id}
            name={name}
            type="checkbox"
            defaultChecked={shown === true}
            aria-describedby={`${id}-hint`}
          />
          <label for={id}>{calledOf(arg)}</label>
        </span>
        <span class="hint" id={`${id}-hint`}>
          {arg.description}
        </span>
      </div>
    )
  }
  const text = textOf(shown)
  return (
    <Field id={id} label={label} hint={arg.description}>
      {arg.choices ? (
        <select {...common}>
          {!arg.is_mandatory && <option value="" />}
          {arg.choices.map((choice) => (
            <option key={String(choice)} value={String(choice)} selected={String(choice) === text}>
              {arg.choice_labels?.[String(choice)] ?? String(choice)}
            </option>
          ))}
        </select>
      ) : long.has(arg.type) ? (
        <textarea {...common} rows={3} spellcheck={false} defaultValue={text} />
      ) : (
        <input
          {...common}
          type="text"
          {...(arg.type === 'int' || arg.type === 'double' ? { inputMode: 'decimal' } : {})}
          {...(arg.type === 'field' ? { list } : {})}
          autoComplete="off"
          defaultValue={text}
        />
      )}
    </Field>
  )
}

/** What it is called: its name as words where nobody has said better. */
function calledOf({ label, name }: Argument): string {
  const words = label ?? name.replaceAll('_', ' ')
  return `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}`
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Arguments as a form has them: what is empty is left out, numbers are numbers, lists are lists. */
export function readArguments(args: readonly Argument[], form: Form): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const arg of args) {
    const name = `${prefix}${arg.name}`
    if (arg.type === 'boolean') {
      const isSet = form.has(name)
      if (isSet !== (arg.default ?? false)) read[arg.name] = isSet
      continue
    }
    const text = form.get(name)
    // A space may be meant: a separator, a replacement.
    if (text !== '') read[arg.name] = typed(arg, text)
  }
  return read
}

function typed(arg: Argument, text: string): unknown {
  if (lists.has(arg.type)) {
    const items = text.split(',').map((item) => item.trim())
    return items.filter((item) => item !== '')
  }
  const isNumber = arg.type === 'int' || arg.type === 'double'
  if (isNumber && /^\s*-?\d+(\.\d+)?\s*$/.test(text)) return Number(text)
  if (/^\s*[[{]/.test(text) && !long.has(arg.type) && arg.type !== 'text' && arg.type !== 'regexp') {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  const choice = arg.choices?.find((one) => String(one) === text)
  return choice ?? text
}
