import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { PermissionBoxes, permissionsIn } from '../../components/permission-boxes.tsx'
import type { Api } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, officePath } from '../../office/types.ts'

interface Ruleset {
  readonly is_data_visible: boolean
  readonly visible_fields: readonly string[]
  readonly filter_query: string
  readonly permissions: readonly string[]
  /** Neither: of everybody who has none of their own. */
  readonly user?: { readonly username: string }
  readonly group?: { readonly group_id: string }
}

const tab = 'security'
const datasetPermissions = ['edit_dataset', 'publish_dataset', 'manage_dataset', 'explore_restricted_dataset']
const policies = ['domain', 'restricted'] as const

/** Who may see the dataset. */
export const security = definePage({
  path: '/backoffice/datasets/:uid/security',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params } = context
    const under = apiPath(params.uid!, '/security')
    const dataset = await loadDataset(context)
    const [standard, ofUsers, ofGroups, policy, versions] = await Promise.all([
      api.call('GET', `${under}/default`),
      api.call('GET', `${under}/users`),
      api.call('GET', `${under}/groups`),
      api.call('GET', `${under}/access_policy`),
      api.call('GET', `${under}/public_versions`),
    ])
    // Who may edit a dataset need not be one who may see to its security.
    const mayManage = policy.status === 200
    const rulesets: readonly Ruleset[] = mayManage
      ? [{ ...JSON.parse(standard.text) }, ...JSON.parse(ofUsers.text), ...JSON.parse(ofGroups.text)]
      : []
    const hasPublicVersions: boolean = mayManage && JSON.parse(versions.text).public_versions
    return { dataset, rulesets, mayManage, hasPublicVersions }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    if (form.get(actionField) === 'versions') {
      const wanted = { public_versions: form.has('public_versions') }
      await api.send('PUT', apiPath(uid, '/security/public_versions'), wanted)
      return doneAt(officePath(uid, tab), 'saved')
    }
    if (form.get(actionField) !== 'policy') {
      await changeRuleset(api, apiPath(uid, '/security'), form)
      return doneAt(officePath(uid, tab), form.get(actionField) === 'delete' ? 'deleted' : 'saved')
    }
    const policy = policies.find((name) => name === form.get('policy')) ?? 'restricted'
    await api.send('PUT', apiPath(uid, '/security/access_policy'), policy)
    return doneAt(officePath(uid, tab), 'saved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, rulesets, mayManage, hasPublicVersions } = data
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <form method="post" class="card stack" action={officePath(dataset.dataset_uid, tab)}>
          <Csrf action="policy" />
          <fieldset class="plain-fieldset stack" disabled={!mayManage}>
            <legend>
              <h2>{t('security.who')}</h2>
            </legend>
            {policies.map((policy) => (
              <div key={policy} class="flag">
                <input
                  id={`policy-${policy}`}
                  name="policy"
                  type="radio"
                  value={policy}
                  defaultChecked={dataset.visibility === policy}
                  aria-describedby={`policy-${policy}-hint`}
                />
                <div>
                  <label for={`policy-${policy}`}>{t(`security.${policy}`)}</label>
                  <div class="small muted" id={`policy-${policy}-hint`}>
                    {t(`security.${policy}_hint`)}
                  </div>
                </div>
              </div>
            ))}
            <p class="small muted">{t('security.at_once')}</p>
            <div>
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </fieldset>
        </form>
        {mayManage && (
          <>
            <PublicVersions back={back} isPublic={hasPublicVersions} />
            <h2>{t('rulesets.title')}</h2>
            <p class="lead">{t('rulesets.lead')}</p>
            {rulesets.map((ruleset) => (
              <RulesetCard key={nameOf(ruleset)} ruleset={ruleset} back={back} />
            ))}
            <form method="post" class="card row" action={back}>
              <Csrf action="add" />
              <Field id="kind" label={t('rulesets.for')}>
                <select id="kind" name="kind">
                  <option value="users">{t('rulesets.user')}</option>
                  <option value="groups" selected={context.sent?.form.get('kind') === 'groups'}>
                    {t('rulesets.group')}
                  </option>
                </select>
              </Field>
              <Field id="name" label={t('rulesets.name')}>
                <input id="name" name="name" required defaultValue={context.sent?.form.get('name')} />
              </Field>
              <button class="button" type="submit">
                {t('office.add')}
              </button>
            </form>
          </>
        )}
      </DatasetFrame>
    )
  },
})

function PublicVersions({ back, isPublic }: { readonly back: string; readonly isPublic: boolean }): VNode {
  const { t } = useEnv()
  return (
    <form method="post" class="card stack" action={back}>
      <Csrf action="versions" />
      <h2>{t('security.versions')}</h2>
      <div class="flag">
        <input
          id="public-versions"
          name="public_versions"
          type="checkbox"
          defaultChecked={isPublic}
          aria-describedby="public-versions-hint"
        />
        <div>
          <label for="public-versions">{t('security.public_versions')}</label>
          <div class="small muted" id="public-versions-hint">
            {t('security.public_versions_hint')}
          </div>
        </div>
      </div>
      <div>
        <button class="button secondary" type="submit">
          {t('office.save')}
        </button>
      </div>
    </form>
  )
}

const kindOf = ({ user, group }: Ruleset) => (user ? 'users' : group ? 'groups' : 'default')
const nameOf = ({ user, group }: Ruleset) => user?.username ?? group?.group_id ?? ''

/** What a user, a group or everybody else sees of the dataset, and may do to it. */
function RulesetCard({ ruleset, back }: { readonly ruleset: Ruleset; readonly back: string }): VNode {
  const { t } = useEnv()
  const kind = kindOf(ruleset)
  const name = nameOf(ruleset)
  const id = `ruleset-${kind}-${name.replaceAll(/\W/g, '-')}`
  const isAll = ruleset.visible_fields.includes('*')
  return (
    <details class="card">
      <summary>
        <span class="strong">{kind === 'default' ? t('rulesets.everybody') : name}</span>{' '}
        <span class="tag">
          {t(kind === 'users' ? 'rulesets.user' : kind === 'groups' ? 'rulesets.group' : 'rulesets.others')}
        </span>{' '}
        {!ruleset.is_data_visible && <span class="tag warn">{t('rulesets.no_data')}</span>}
        {ruleset.filter_query && <span class="tag">{t('rulesets.filtered')}</span>}
        {!isAll && <span class="tag">{t('rulesets.some_fields')}</span>}
      </summary>
      <form method="post" class="stack spaced" action={back}>
        <Csrf action="change" />
        <input type="hidden" name="kind" value={kind} />
        <input type="hidden" name="name" value={name} />
        <span class="flag">
          <input
            id={`${id}-data`}
            type="checkbox"
            name="is_data_visible"
            defaultChecked={ruleset.is_data_visible}
          />
          <label for={`${id}-data`}>{t('rulesets.sees_data')}</label>
        </span>
        <Field id={`${id}-fields`} label={t('rulesets.fields')} hint={t('rulesets.fields_hint')}>
          <input
            id={`${id}-fields`}
            name="visible_fields"
            defaultValue={isAll ? '' : ruleset.visible_fields.join(', ')}
            aria-describedby={`${id}-fields-hint`}
          />
        </Field>
        <Field id={`${id}-filter`} label={t('rulesets.filter')} hint={t('rulesets.filter_hint')}>
          <input
            id={`${id}-filter`}
            name="filter_query"
            defaultValue={ruleset.filter_query}
            spellcheck={false}
            aria-describedby={`${id}-filter-hint`}
          />
        </Field>
        {kind !== 'default' && (
          <PermissionBoxes id={id} given={ruleset.permissions} among={datasetPermissions} />
        )}
        <div>
          <button class="button" type="submit">
            {t('office.save')}
          </button>
        </div>
      </form>
      {kind !== 'default' && (
        <form method="post" class="spaced" action={back}>
          <Csrf action="delete" />
          <input type="hidden" name="kind" value={kind} />
          <input type="hidden" name="name" value={name} />
          <button class="button secondary small" type="submit" aria-label={`${t('office.delete')}: ${name}`}>
            {t('office.delete')}
          </button>
        </form>
      )}
    </details>
  )
}

/** Errors: ApiError. */
async function changeRuleset(api: Api, under: string, form: Form): Promise<void> {
  const kind = form.get('kind')
  const name = form.get('name').trim()
  const one = kind === 'default' ? `${under}/default` : `${under}/${kind}/${encodeURIComponent(name)}`
  if (form.get(actionField) === 'delete') return void (await api.send('DELETE', one))
  if (form.get(actionField) === 'add') {
    const target = kind === 'groups' ? { group: { group_id: name } } : { user: { username: name } }
    return void (await api.send('POST', `${under}/${kind === 'groups' ? 'groups' : 'users'}`, target))
  }
  const fields = form
    .get('visible_fields')
    .split(',')
    .map((field) => field.trim())
  const named = fields.filter((field) => field !== '')
  await api.send('PUT', one, {
    is_data_visible: form.has('is_data_visible'),
    visible_fields: named.length === 0 ? ['*'] : named,
    filter_query: form.get('filter_query').trim(),
    ...(kind === 'default' ? {} : { permissions: permissionsIn(form) }),
  })
}
