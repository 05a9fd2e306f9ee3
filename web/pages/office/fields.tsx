import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Flag } from '../../components/flag.tsx'
import { MoveButtons } from '../../components/move-buttons.tsx'
import { Problem } from '../../components/problem.tsx'
import { useEnv } from '../../kit/env.ts'
import type { Form } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { valueLabel } from '../../kit/labels.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import { type Annotations, type FieldPlan, fieldTypes } from '../../office/field-plan.ts'
import { loadPlans } from '../../office/load-plans.ts'
import { moved } from '../../office/move.ts'
import { saveFields } from '../../office/save-fields.ts'
import { officePath } from '../../office/types.ts'

const tab = 'fields'
const flags = ['facet', 'disjunctive', 'sortable', 'id', 'timerangeFilter'] as const
const valued = [
  'unit',
  'decimals',
  'multivalued',
  'hierarchical',
  'timeserie_precision',
  'facetsort',
] as const
const choices: Readonly<Partial<Record<string, readonly string[]>>> = {
  timeserie_precision: ['year', 'month', 'day', 'hour', 'minute'],
  facetsort: ['count', '-count', 'alphanum', '-alphanum', 'num', '-num'],
}

/** What fields are called, of what type they are, what they are good for, in which order. */
export const fields = definePage({
  path: '/backoffice/datasets/:uid/fields',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const dataset = await loadDataset(context)
    const { columns, plans, problem } = await loadPlans(context)
    return { dataset, columns, plans, problem: problem && { message: problem.message, hint: problem.hint } }
  },
  act: async (context, form) => {
    const uid = context.params.uid!
    const { columns, plans, problem } = await loadPlans(context)
    if (problem) throw problem
    const edited = plans.map((plan) => planIn(plan, form))
    const ordered = form.get('move') === '' ? edited : move(edited, form.get('move'))
    await saveFields(context.api, uid, columns, ordered)
    return doneAt(officePath(uid, tab), form.get('move') === '' ? 'saved' : 'moved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, plans, problem } = data
    const form = context.sent?.form
    const shown = form ? plans.map((plan) => planIn(plan, form)) : plans
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <Problem problem={problem} />
        {shown.length > 0 && (
          <form
            method="post"
            class="stack"
            action={officePath(dataset.dataset_uid, tab)}
            {...draftOf(t, `fields-${dataset.dataset_uid}`)}
          >
            <Csrf action="save" />
            {/* The first button is what Enter presses. */}
            <button class="visually-hidden" type="submit" tabIndex={-1} aria-hidden="true" />
            <p class="lead">{t('fields.lead')}</p>
            <ol class="plain stack">
              {shown.map((plan, index) => (
                <FieldCard key={plan.source} plan={plan} index={index} count={shown.length} />
              ))}
            </ol>
            <div class="sticky-bar row end">
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </form>
        )}
      </DatasetFrame>
    )
  },
})

function FieldCard({
  plan,
  index,
  count,
}: {
  readonly plan: FieldPlan
  readonly index: number
  readonly count: number
}): VNode {
  const { t } = useEnv()
  const { source, inferredType } = plan
  const id = `field-${index}`
  const input = (name: string) => `${name}.${source}`
  return (
    <li class={`card stack field-card ${plan.isDeleted ? 'left-out' : ''}`}>
      <div class="row">
        <h2 class="grow">
          {plan.label} <span class="muted small">{t(`type.${plan.type ?? inferredType}` as MessageKey)}</span>
        </h2>
        <MoveButtons
          label={plan.label}
          index={index}
          count={count}
          field="move"
          orderOf={(direction) => `${direction} ${source}`}
        />
      </div>
      <div class="form-grid">
        <Field id={`${id}-label`} label={t('fields.label')}>
          <input id={`${id}-label`} name={input('label')} defaultValue={plan.label} />
        </Field>
        <Field id={`${id}-name`} label={t('fields.name')}>
          <input
            id={`${id}-name`}
            name={input('name')}
            defaultValue={plan.name}
            pattern="[a-z][a-z0-9_]*"
            spellcheck={false}
          />
        </Field>
        <Field id={`${id}-type`} label={t('fields.type')}>
          <select id={`${id}-type`} name={input('type')}>
            <option value="" selected={plan.type === null}>
              {t('fields.suggested', { type: t(`type.${inferredType}` as MessageKey) })}
            </option>
            {fieldTypes.map((type) => (
              <option key={type} value={type} selected={type === plan.type}>
                {t(`type.${type}` as MessageKey)}
              </option>
            ))}
          </select>
        </Field>
        <Field id={`${id}-description`} label={t('fields.description')}>
          <input id={`${id}-description`} name={input('description')} defaultValue={plan.description} />
        </Field>
      </div>
      <div class="row flags">
        <Flag id={`${id}-keep`} name={input('keep')} isSet={!plan.isDeleted} label={t('start.keep')} />
        {flags.map((flag) => (
          <Flag
            key={flag}
            id={`${id}-${flag}`}
            name={input(flag)}
            isSet={flag in plan.annotations}
            label={t(`annotation.${flag}`)}
          />
        ))}
      </div>
      <details open={valued.some((name) => name in plan.annotations)}>
        <summary>{t('fields.more')}</summary>
        <div class="form-grid spaced">
          {valued.map((name) => (
            <ValuedAnnotation
              key={name}
              id={`${id}-${name}`}
              name={name}
              input={input(name)}
              value={String(plan.annotations[name]?.[0] ?? '')}
            />
          ))}
        </div>
      </details>
    </li>
  )
}

function ValuedAnnotation({
  id,
  name,
  input,
  value,
}: {
  readonly id: string
  readonly name: (typeof valued)[number]
  readonly input: string
  readonly value: string
}): VNode {
  const { t } = useEnv()
  const options = choices[name]
  return (
    <Field id={id} label={t(`annotation.${name}`)}>
      {options ? (
        <select id={id} name={input}>
          <option value="" />
          {options.map((option) => (
            <option key={option} value={option} selected={option === value}>
              {valueLabel(t, name, option)}
            </option>
          ))}
        </select>
      ) : (
        <input id={id} name={input} defaultValue={value} />
      )}
    </Field>
  )
}

/** A field as the form says it is; annotations that the form does not know stay. */
function planIn(plan: FieldPlan, form: Form): FieldPlan {
  const value = (name: string) => form.get(`${name}.${plan.source}`)
  const has = (name: string) => form.has(`${name}.${plan.source}`)
  const known = new Set<string>([...flags, ...valued])
  const others = Object.entries(plan.annotations).filter(([name]) => !known.has(name))
  const set = flags.filter(has).map((name) => [name, []] as const)
  const given = valued
    .filter((name) => value(name) !== '')
    .map((name) => [name, [name === 'decimals' ? Number(value(name)) : value(name)]] as const)
  const annotations: Annotations = Object.fromEntries([...others, ...set, ...given])
  return {
    ...plan,
    name: value('name').trim() || plan.name,
    label: value('label').trim() || plan.label,
    type: value('type') || null,
    description: value('description').trim(),
    annotations,
    isDeleted: !has('keep'),
  }
}

/** `up population`: one place, with its neighbour. */
function move(plans: readonly FieldPlan[], order: string): FieldPlan[] {
  const [direction = '', ...rest] = order.split(' ')
  const at = plans.findIndex(({ source }) => source === rest.join(' '))
  return moved(plans, at, direction)
}
