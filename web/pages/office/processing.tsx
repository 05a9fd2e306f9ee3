import type { VNode } from 'preact'
import { ArgumentFields, readArguments } from '../../components/argument-fields.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Icon } from '../../components/icon.tsx'
import { MoveButtons } from '../../components/move-buttons.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect, ShowAgain } from '../../kit/page.ts'
import { ask } from '../../office/ask.ts'
import { type Before, BeforeAfter } from '../../office/before-after.tsx'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import {
  apiPath,
  management,
  officePath,
  type ProcessorPreview,
  type ProcessorType,
  type Step,
} from '../../office/types.ts'

const tab = 'processing'

/** What is open for editing: a new step of some type, or one that there is. */
interface Draft {
  readonly type: ProcessorType
  /** Null: a new one, at the end. */
  readonly step: Step | null
  readonly args: Readonly<Record<string, unknown>>
}

/** Steps between the source and the fields: added, put in order, edited; before and after each. */
export const processing = definePage({
  path: '/backoffice/datasets/:uid/processing',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const uid = params.uid!
    const [dataset, steps, known] = await Promise.all([
      loadDataset(context),
      api.get<readonly Step[]>(apiPath(uid, '/processors')),
      // The Management API lists names only.
      api.get<readonly { readonly type: string; readonly label: string }[]>(
        '/api/automation/v1.0/processors/',
      ),
    ])
    const types = new Map<string, ProcessorType>()
    const typeOf = async (name: string) => {
      const known = types.get(name) ?? (await api.get<ProcessorType>(`${management}/processors/${name}`))
      types.set(name, known)
      return known
    }
    for (const { name } of steps) await typeOf(name)
    const draft = await draftIn(context, steps, typeOf)
    const looked = draft
      ? await lookAtDraft(context, steps, draft)
      : await lookAt(
          context,
          steps,
          steps.findIndex((step) => step.processor_uid === url.searchParams.get('preview')),
        )
    return { dataset, steps, known, types: Object.fromEntries(types), draft, looked }
  },
  act: async (context, form) => {
    const { api, params } = context
    const uid = params.uid!
    const path = apiPath(uid, '/processors')
    const steps = await api.get<readonly Step[]>(path)
    const action = form.get(actionField)
    const at = steps.findIndex((step) => step.processor_uid === form.get('step'))
    const back = officePath(uid, tab)
    if (action === 'preview') return new ShowAgain()
    if (action === 'save') {
      const name = form.get('name')
      const type = await api.get<ProcessorType>(`${management}/processors/${encodeURIComponent(name)}`)
      const step = { name, args: readArguments(type.args, form), label: form.get('label').trim() || null }
      if (at === -1) await api.send('POST', path, step)
      else await api.send('PUT', `${path}/${steps[at]!.processor_uid}`, step)
      return doneAt(back, 'saved')
    }
    if (at === -1) return new Redirect(back)
    if (action === 'delete') {
      await api.send('DELETE', `${path}/${steps[at]!.processor_uid}`)
      return doneAt(back, 'deleted')
    }
    const to = action === 'up' ? at - 1 : at + 1
    if (to >= 0 && to < steps.length) await swap(context, path, steps[at]!, steps[to]!)
    return doneAt(back, 'moved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, steps, known, types, draft, looked } = data
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <p class="lead">{t('processing.lead')}</p>
        {steps.length === 0 && !draft && <p class="card empty">{t('processing.none')}</p>}
        <ol class="plain stack steps">
          {steps.map((step, index) => {
            const type = types[step.name]!
            return (
              <li key={step.processor_uid} class="card stack" id={step.processor_uid}>
                <div class="row">
                  <span class="step-number" aria-hidden="true">
                    {index + 1}
                  </span>
                  <div class="grow">
                    <h2>{step.label || type.label}</h2>
                    <code class="small step-args">{summaryOf(step)}</code>
                  </div>
                  <StepButtons
                    step={step}
                    name={step.label || type.label}
                    index={index}
                    count={steps.length}
                    back={back}
                  />
                </div>
                {draft?.step === step && (
                  <DraftForm draft={draft} dataset={dataset} context={context} looked={looked} back={back} />
                )}
                {looked && !draft && looked.index === index && <BeforeAfter {...looked} />}
              </li>
            )
          })}
        </ol>
        {draft && draft.step === null && (
          <section class="card stack" id="new-step" aria-labelledby="new-step-title">
            <h2 id="new-step-title">{draft.type.label}</h2>
            <DraftForm draft={draft} dataset={dataset} context={context} looked={looked} back={back} />
          </section>
        )}
        {!draft && (
          <form class="card row" action={`${back}#new-step`}>
            <label for="add">{t('processing.add')}</label>
            <select id="add" name="add" required>
              {known
                .toSorted((a, b) => a.label.localeCompare(b.label))
                .map(({ type, label }) => (
                  <option key={type} value={type}>
                    {label}
                  </option>
                ))}
            </select>
            <button class="button" type="submit">
              <Icon name="plus" />
              {t('office.add')}
            </button>
          </form>
        )}
      </DatasetFrame>
    )
  },
})

/** A step in one line. */
function summaryOf({ args }: Step): string {
  return Object.entries(args)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .slice(0, 300)
}

function StepButtons({
  step,
  name,
  index,
  count,
  back,
}: {
  readonly step: Step
  readonly name: string
  readonly index: number
  readonly count: number
  readonly back: string
}): VNode {
  const { t } = useEnv()
  const uid = step.processor_uid
  return (
    <div class="row">
      <a
        class="button secondary small"
        href={`${back}?preview=${uid}#${uid}`}
        aria-label={`${t('processing.look')}: ${name}`}
      >
        {t('processing.look')}
      </a>
      <a
        class="button secondary small"
        href={`${back}?edit=${uid}#${uid}`}
        aria-label={`${t('office.edit')}: ${name}`}
      >
        <Icon name="edit" />
        {t('office.edit')}
      </a>
      <form method="post" class="inline" action={back}>
        <Csrf />
        <input type="hidden" name="step" value={uid} />
        <MoveButtons
          label={name}
          index={index}
          count={count}
          field={actionField}
          orderOf={(direction) => direction}
        />
        <button
          class="button quiet small"
          type="submit"
          name={actionField}
          value="delete"
          aria-label={`${t('office.delete')}: ${name}`}
        >
          <Icon name="trash" />
        </button>
      </form>
    </div>
  )
}

function DraftForm({
  draft,
  dataset,
  context,
  looked,
  back,
}: {
  readonly draft: Draft
  readonly dataset: { readonly dataset_uid: string }
  readonly context: PageContext
  readonly looked: Before | null
  readonly back: string
}): VNode {
  const { t } = useEnv()
  const { type, step, args } = draft
  const key = `step-${dataset.dataset_uid}-${step?.processor_uid ?? type.name}`
  const [example] = type.examples
  return (
    <>
      <p>{type.description}</p>
      {example && (
        <p class="small muted">
          {t('processing.example')} <code>{JSON.stringify(example.args)}</code>{' '}
          <code>{JSON.stringify(example.record)}</code> →{' '}
          <code>{example.records.map((record) => JSON.stringify(record)).join(', ')}</code>
        </p>
      )}
      <form
        method="post"
        class="stack"
        action={`${back}${context.url.search}`}
        data-preview="step-preview"
        {...draftOf(t, key)}
      >
        <Csrf />
        <input type="hidden" name="name" value={type.name} />
        <input type="hidden" name="step" value={step?.processor_uid ?? ''} />
        <ArgumentFields
          id="step"
          args={type.args}
          values={args}
          fieldNames={looked?.before?.fields.map(({ name }) => name) ?? []}
        />
        <div class="row">
          <button class="button" type="submit" name={actionField} value="save">
            {t('office.save')}
          </button>
          <button class="button secondary no-js" type="submit" name={actionField} value="preview">
            {t('processing.look')}
          </button>
          <a class="button quiet" href={back}>
            {t('office.cancel')}
          </a>
        </div>
      </form>
      <div id="step-preview" aria-live="polite">
        {looked && <BeforeAfter {...looked} />}
      </div>
    </>
  )
}

async function draftIn(
  { url, sent }: PageContext,
  steps: readonly Step[],
  typeOf: (name: string) => Promise<ProcessorType>,
): Promise<Draft | null> {
  const form = sent?.form.has('name') ? sent.form : null
  const uid = form ? form.get('step') : url.searchParams.get('edit')
  const step = steps.find(({ processor_uid }) => processor_uid === uid) ?? null
  const name = step?.name ?? (form ? form.get('name') : url.searchParams.get('add'))
  if (!name) return null
  const type = await typeOf(encodeURIComponent(name))
  const saved = (step?.args ?? {}) as Readonly<Record<string, unknown>>
  return { type, step, args: form ? readArguments(type.args, form) : saved }
}

/** Before and after a step as it is saved. */
async function lookAt(context: PageContext, steps: readonly Step[], index: number): Promise<Before | null> {
  if (index === -1) return null
  return { index, ...(await beforeAndAfter(context, steps, index)) }
}

/** Before and after a step as it stands in the form; only before, as long as nothing has been filled in. */
async function lookAtDraft(
  context: PageContext,
  steps: readonly Step[],
  { type, step, args }: Draft,
): Promise<Before> {
  const index = step === null ? steps.length : steps.indexOf(step)
  const edited = { processor_uid: step?.processor_uid ?? 'new', name: type.name, args }
  const all = [...steps.slice(0, index), edited, ...steps.slice(index + 1)]
  const isEmpty = step === null && context.sent === null
  return { index, ...(await beforeAndAfter(context, all, index, isEmpty)) }
}

async function beforeAndAfter(
  context: PageContext,
  steps: readonly Step[],
  index: number,
  onlyBefore = false,
): Promise<Omit<Before, 'index'>> {
  const path = apiPath(context.params.uid!, '/processors/preview')
  const look = (count: number) =>
    ask<ProcessorPreview>(context, path, { processors: steps.slice(0, count), rows: 20 })
  let before: ProcessorPreview | null = null
  try {
    before = await look(index)
    return { before, after: onlyBefore ? null : await look(index + 1), problem: null }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { before, after: null, problem: { message: error.message, hint: error.hint } }
  }
}

/** Two neighbours change places: each takes what the other says. */
async function swap({ api }: PageContext, path: string, one: Step, other: Step): Promise<void> {
  const said = ({ name, args, label }: Step) => ({ name, args, label: label ?? null })
  await api.send('PUT', `${path}/${one.processor_uid}`, said(other))
  await api.send('PUT', `${path}/${other.processor_uid}`, said(one))
}
