/** Metadata templates as they are now: the system's, with what was changed of them, and those that somebody made. */
import type { ControlDb, MetadataTemplatesTable } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { checkFields } from './check-template.ts'
import { readDomainChoices } from './domain.ts'
import type { CatalogDeps, EditorDeps } from './edit-dataset.ts'
import type { MetadataField, MetadataTemplate, TemplateType } from './metadata-templates.ts'
import { type ExpectedRevisions, requireRevision, revisionOf } from './revision.ts'
import { systemTemplates } from './system-templates.ts'

/** The templates of one moment. */
export interface Templates {
  /** Also those that are not active; the system's first. */
  readonly all: readonly MetadataTemplate[]
  find(name: string): MetadataTemplate | null
  /** Of an active template. */
  findField(template: string, name: string): MetadataField | null
}

/** With the domain's licences and themes as choices of the fields that name them. */
export async function readTemplates(db: ControlDb): Promise<Templates> {
  const rows = await db.selectFrom('metadata_templates').selectAll().orderBy('name').execute()
  const { domain, hasOwnLicenses } = await readDomainChoices(db)
  const choices = new Map<string, readonly string[]>()
  if (hasOwnLicenses)
    choices.set(
      'license_id',
      domain.licenses.map(({ id }) => id),
    )
  if (domain.themes.length > 0)
    choices.set(
      'theme_id',
      domain.themes.map(({ id }) => id),
    )
  const suggestions = new Map<string, readonly string[]>([
    ['license_id', domain.licenses.map(({ id }) => id)],
    ['license', domain.licenses.map(({ label }) => label)],
    ['theme', domain.themes.flatMap(({ labels }) => Object.values(labels))],
  ])
  const system = systemTemplates.map((template) => {
    const row = rows.find(({ name }) => name === template.name)
    const isLinked = template.name === 'default' || template.name === 'internal'
    const fields = !isLinked
      ? template.fields
      : template.fields.map((field) => ({
          ...field,
          ...(choices.has(field.name) ? { choices: choices.get(field.name)! } : {}),
          ...(suggestions.has(field.name) ? { suggestions: suggestions.get(field.name)! } : {}),
        }))
    return {
      ...template,
      fields,
      ...(row ? { isActive: row.is_active === 1, updated: { at: row.updated_at, by: row.updated_by } } : {}),
    }
  })
  const own = rows.filter((row) => row.fields_json !== null).map(toTemplate)
  return templatesOf([...system, ...own])
}

function templatesOf(all: readonly MetadataTemplate[]): Templates {
  const find = (name: string) => all.find((template) => template.name === name) ?? null
  return {
    all,
    find,
    findField(template, name) {
      const found = find(template)
      return found?.isActive ? (found.fields.find((field) => field.name === name) ?? null) : null
    },
  }
}

function toTemplate(row: MetadataTemplatesTable): MetadataTemplate {
  return {
    name: row.name,
    label: row.title,
    type: row.type as TemplateType,
    fields: JSON.parse(row.fields_json!),
    isActive: row.is_active === 1,
    isSystem: false,
    isAlwaysActive: false,
    created: { at: row.created_at, by: row.created_by },
    updated: { at: row.updated_at, by: row.updated_by },
  }
}

/** Errors: catalog.unknown_metadata_template. */
export async function findTemplate(db: ControlDb, name: string): Promise<MetadataTemplate> {
  const template = (await readTemplates(db)).find(name)
  if (!template) throw new AppError('catalog.unknown_metadata_template', { template: name.slice(0, 100) })
  return template
}

export interface TemplateInput {
  readonly title: string
  readonly isActive: boolean
  /** As they were sent. */
  readonly fields: readonly unknown[]
}

/**
 * Makes a template of type basic or admin. Errors: catalog.metadata_template_taken, catalog.invalid_metadata_template;
 * catalog.invalid_request wrapping several.
 */
export async function createTemplate(
  deps: EditorDeps,
  name: string,
  type: string,
  input: TemplateInput,
): Promise<MetadataTemplate> {
  if (!/^[a-z][a-z0-9_-]{0,59}$/.test(name) || reserved.has(name) || name in {})
    throw invalid(
      'name',
      'it must be lower-case letters, digits, hyphens and underscores, and not a reserved name',
    )
  if (type !== 'basic' && type !== 'admin') throw invalid('type', 'it must be basic or admin')
  const row = {
    ...(await rowOf(deps, name, input)),
    type,
    created_at: deps.clock.now(),
    created_by: deps.username,
  }
  if (systemTemplates.some((template) => template.name === name))
    throw new AppError('catalog.metadata_template_taken', { template: name })
  const inserted = await deps.db
    .insertInto('metadata_templates')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  if (!inserted) throw new AppError('catalog.metadata_template_taken', { template: name })
  return findTemplate(deps.db, name)
}

/** Members of a dataset's `metas` that are no template. */
const reserved = new Set(['publishing', 'processing', 'explore', 'app', 'system'])

/**
 * Replaces title, fields and activity of a template that somebody made; of the system's only the activity of those that
 * are not always active. What a template is for does not change: readers would be shown what was not for them.
 * Errors: catalog.unknown_metadata_template, catalog.metadata_template_fixed, catalog.changed_meanwhile, and those of
 * `createTemplate`.
 */
export async function replaceTemplate(
  deps: EditorDeps,
  name: string,
  input: Partial<TemplateInput>,
  expected: ExpectedRevisions = null,
): Promise<MetadataTemplate> {
  return deps.db.transaction().execute(async (trx) => {
    // Written first: of two changes at once the second sees the first.
    await trx
      .updateTable('metadata_templates')
      .set((eb) => ({ name: eb.ref('name') }))
      .where('name', '=', name)
      .execute()
    return replaceLocked({ ...deps, db: trx }, name, input, expected)
  })
}

async function replaceLocked(
  deps: EditorDeps,
  name: string,
  input: Partial<TemplateInput>,
  expected: ExpectedRevisions,
): Promise<MetadataTemplate> {
  const present = await findTemplate(deps.db, name)
  requireRevision(contentOf(present), expected)
  const now = deps.clock.now()
  if (!present.isSystem) {
    const { label: title, isActive, fields } = present
    const row = await rowOf(deps, name, { title, isActive, fields, ...input })
    await deps.db.updateTable('metadata_templates').set(row).where('name', '=', name).execute()
    return findTemplate(deps.db, name)
  }
  const changesMore =
    input.fields !== undefined || (input.title !== undefined && input.title !== present.label)
  if (changesMore || (present.isAlwaysActive && input.isActive === false))
    throw new AppError('catalog.metadata_template_fixed', { template: name })
  const is_active = (input.isActive ?? present.isActive) ? 1 : 0
  const touched = { is_active, updated_at: now, updated_by: deps.username }
  await deps.db
    .insertInto('metadata_templates')
    .values({
      name,
      type: present.type,
      title: present.label,
      fields_json: null,
      created_at: now,
      created_by: deps.username,
      ...touched,
    })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(touched))
    .execute()
  return findTemplate(deps.db, name)
}

const contentOf = ({ label, isActive, fields }: MetadataTemplate) => [label, isActive, fields]

export const revisionOfTemplate = (template: MetadataTemplate): string => revisionOf(contentOf(template))

async function rowOf(deps: EditorDeps, name: string, { title, isActive, fields }: TemplateInput) {
  if (title.trim() === '' || title.length > 200)
    throw invalid('title', 'it must be text of at most 200 characters, not empty')
  return {
    name,
    title,
    is_active: isActive ? 1 : 0,
    fields_json: JSON.stringify(checkFields(fields)),
    updated_at: deps.clock.now(),
    updated_by: deps.username,
  }
}

/**
 * Errors: catalog.unknown_metadata_template, catalog.metadata_template_fixed; catalog.metadata_template_in_use while a
 * dataset has a value of it: those would be left without an owner.
 */
export async function deleteTemplate(deps: CatalogDeps, name: string): Promise<void> {
  const template = await findTemplate(deps.db, name)
  if (template.isSystem) throw new AppError('catalog.metadata_template_fixed', { template: name })
  await deps.db.transaction().execute(async (trx) => {
    for (const table of ['datasets', 'publications'] as const) {
      const rows = await trx
        .selectFrom(table)
        .select(['dataset_id', 'metas_json'])
        // No character of a name needs escaping in JSON; an underscore stands for any, which the look below mends.
        .where('metas_json', 'like', `%"${name}":{"%`)
        .orderBy('dataset_id')
        .execute()
      const user = rows.find(({ metas_json }) => Object.keys(JSON.parse(metas_json)[name] ?? {}).length > 0)
      if (user)
        throw new AppError('catalog.metadata_template_in_use', {
          template: name,
          dataset_id: user.dataset_id,
        })
    }
    await trx.deleteFrom('metadata_templates').where('name', '=', name).execute()
  })
}

function invalid(property: string, expected: string): AppError {
  return new AppError('catalog.invalid_metadata_template', { property, expected })
}
