import type { VNode } from 'preact'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Flag } from '../../components/flag.tsx'
import { Problem } from '../../components/problem.tsx'
import { ScrollRegion } from '../../components/scroll-region.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import {
  type FieldRow,
  flags,
  formIn,
  formOf,
  type Gates,
  gatesIn,
  numbers,
  rowTexts,
} from '../../office/gates-form.ts'
import { loadPlans } from '../../office/load-plans.ts'
import { apiPath, type GateFailure, officePath } from '../../office/types.ts'

interface Override {
  readonly generation_uid: string
  readonly at: string
  readonly user: { readonly username: string }
  readonly gates: readonly GateFailure[]
}

const tab = 'gates'

/** What a publish must pass before readers see it. */
export const gates = definePage({
  path: '/backoffice/datasets/:uid/gates',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params } = context
    const path = apiPath(params.uid!, '/gates')
    const [dataset, set, overrides, { plans, problem }] = await Promise.all([
      loadDataset(context),
      api.get<Gates>(path),
      api.get<readonly Override[]>(`${path}/overrides`),
      loadPlans(context),
    ])
    const names = plans.filter(({ isDeleted }) => !isDeleted).map(({ name }) => name)
    return {
      dataset,
      set,
      overrides,
      names,
      problem: problem && { message: problem.message, hint: problem.hint },
    }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const path = apiPath(uid, '/gates')
    if (form.get(actionField) === 'delete') {
      await api.send('DELETE', path)
      return doneAt(officePath(uid, tab), 'deleted')
    }
    await api.send('PUT', path, gatesIn(formIn(form)))
    return doneAt(officePath(uid, tab), 'saved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, set, overrides, names, problem } = data
    const form = context.sent?.form
    const shown = form?.get(actionField) === 'save' ? formIn(form) : formOf(set, names)
    const back = officePath(dataset.dataset_uid, tab)
    const mayEdit = dataset.rights.includes('edit_dataset')
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <p class="lead">{t('gates.lead')}</p>
        <Problem problem={problem} />
        <form method="post" action={back} {...draftOf(t, `gates-${dataset.dataset_uid}`)}>
          <Csrf action="save" />
          <fieldset class="plain-fieldset stack" disabled={!mayEdit}>
            <legend class="visually-hidden">{t('tab.gates')}</legend>
            <section class="card stack" aria-label={t('gates.compared')}>
              <Flag
                id="enabled"
                name="enabled"
                isSet={shown.isEnabled}
                label={t('gates.enabled')}
                hint={t('gates.enabled_hint')}
              />
              <h2>{t('gates.compared')}</h2>
              <div class="form-grid">
                {numbers.map((name) => (
                  <Field key={name} id={name} label={t(`gates.${name}`)} hint={t(`gates.${name}_hint`)}>
                    <input
                      id={name}
                      name={name}
                      inputMode="decimal"
                      defaultValue={shown.numbers[name]}
                      aria-describedby={`${name}-hint`}
                    />
                  </Field>
                ))}
              </div>
              {flags.map((name) => (
                <Flag
                  key={name}
                  id={name}
                  name={name}
                  isSet={shown.flags[name]}
                  label={t(`gates.${name}`)}
                  hint={t(`gates.${name}_hint`)}
                />
              ))}
              <Field id="unique_keys" label={t('gates.unique_keys')} hint={t('gates.unique_keys_hint')}>
                <textarea
                  id="unique_keys"
                  name="unique_keys"
                  rows={2}
                  spellcheck={false}
                  defaultValue={shown.keys}
                  aria-describedby="unique_keys-hint"
                />
              </Field>
            </section>
            {shown.fields.length > 0 && <FieldsTable fields={shown.fields} />}
            <div class="sticky-bar row end">
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </fieldset>
        </form>
        {mayEdit && set.enabled && (
          <div>
            <ConfirmForm
              back={back}
              action="delete"
              label={t('gates.delete')}
              text={t('gates.delete_text')}
            />
          </div>
        )}
        <Overrides overrides={overrides} />
      </DatasetFrame>
    )
  },
})

function FieldsTable({ fields }: { readonly fields: readonly FieldRow[] }): VNode {
  const { t } = useEnv()
  return (
    <div class="card stack">
      <h2>{t('gates.by_field')}</h2>
      <p class="muted">{t('gates.by_field_hint')}</p>
      <ScrollRegion label={t('gates.by_field')}>
        <table class="list cards-on-phone row-inputs">
          <thead>
            <tr>
              <th scope="col">{t('fields.field')}</th>
              <th scope="col">{t('gates.required')}</th>
              {rowTexts.map((name) => (
                <th key={name} scope="col">
                  {t(`gates.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {fields.map((field, index) => (
              <tr key={field.name}>
                <td>
                  <code>{field.name}</code>
                  <input type="hidden" name={`f.${index}.name`} value={field.name} />
                </td>
                <td data-label={t('gates.required')}>
                  <input
                    type="checkbox"
                    name={`f.${index}.required`}
                    defaultChecked={field.isRequired}
                    aria-label={`${t('gates.required')}: ${field.name}`}
                  />
                </td>
                {rowTexts.map((name) => (
                  <td key={name} data-label={t(`gates.${name}`)}>
                    <input
                      name={`f.${index}.${name}`}
                      defaultValue={field[name]}
                      spellcheck={false}
                      aria-label={`${t(`gates.${name}`)}: ${field.name}`}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </div>
  )
}

/** Who let what through. */
function Overrides({ overrides }: { readonly overrides: readonly Override[] }): VNode | null {
  const { t, format } = useEnv()
  if (overrides.length === 0) return null
  return (
    <section class="card" aria-labelledby="overrides">
      <h2 id="overrides">{t('gates.overrides')}</h2>
      <ul>
        {overrides.map(({ generation_uid, at, user, gates: failures }) => (
          <li key={`${generation_uid} ${at}`}>
            {format.dateTime(at)} {t('office.by', { name: user.username })}
            {failures.length > 0 && ` · ${failures.map(({ message }) => message).join(' · ')}`}
          </li>
        ))}
      </ul>
    </section>
  )
}
