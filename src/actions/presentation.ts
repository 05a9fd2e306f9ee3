/**
 * Labels and descriptions of fields: what people read and no record depends on. They are left out of recipes and of the
 * builder's plan, and laid over a generation's fields when it is exposed: changing them costs milliseconds.
 */
import { AppError, type ConfiguredStep, type Field, type JsonObject } from '../kernel/index.ts'

/** Field specifications without their labels and descriptions; the steps themselves stay, so that a wrong name fails. */
export function withoutPresentation(steps: readonly ConfiguredStep[]): ConfiguredStep[] {
  return steps.map((step) => {
    if (Array.isArray(step.args)) return step
    const { label: _label, description: _description, ...args } = step.args as JsonObject
    if (step.name === 'rename' || step.name === 'description') return { ...step, args }
    return step
  })
}

/** Whether a step does nothing but present: it says nothing of the records. */
export function isPresentation(step: ConfiguredStep): boolean {
  const args = step.args as JsonObject
  if (step.name === 'description') return true
  return step.name === 'rename' && (!args.to_name || args.to_name === args.from_name)
}

/**
 * The fields of a generation with the labels and descriptions of a configuration of the same recipe.
 * Errors: ingest.processor_failed for a step that names a field which is not there.
 */
export function presentFields(fields: readonly Field[], steps: readonly ConfiguredStep[]): Field[] {
  const names = namesAtTheStart(fields, steps)
  const said = new Map<string, { label?: string; description: string | null }>(
    names.map((name) => [name, { description: null }]),
  )
  for (const step of steps) {
    const args = step.args as JsonObject
    if (step.name === 'delete') said.delete(String(args.field))
    if (step.name !== 'rename' && step.name !== 'description') continue
    const name = String(step.name === 'rename' ? args.from_name : args.field)
    const known = said.get(name)
    if (!known) {
      const params = { processor_id: step.processor_uid, field: name, msg: 'field not found' }
      throw new AppError('ingest.processor_failed', params)
    }
    if (step.name === 'description') {
      known.description = typeof args.description === 'string' ? args.description : null
      continue
    }
    if (typeof args.label === 'string' && args.label !== '') known.label = args.label
    said.delete(name)
    said.set(renamed(args), known)
  }
  return fields.map((field) => {
    const { label = field.label, description = null } = said.get(field.name) ?? {}
    return { ...field, label, description }
  })
}

function renamed(args: JsonObject): string {
  return String(args.to_name ? args.to_name : args.from_name)
}

/** Undoes renames and deletions, from the fields that came out. */
function namesAtTheStart(fields: readonly Field[], steps: readonly ConfiguredStep[]): string[] {
  let names = fields.map((field) => field.name)
  for (const step of [...steps].reverse()) {
    const args = step.args as JsonObject
    if (step.name === 'rename')
      names = names.map((name) => (name === renamed(args) ? String(args.from_name) : name))
    else if (step.name === 'delete') names.push(String(args.field))
  }
  return names
}
