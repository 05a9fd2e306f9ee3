import type { Translate } from '../kit/i18n.ts'

/** Attributes of a form whose inputs the browser keeps until they have been taken (kit/office-forms.ts). */
export const draftOf = (t: Translate, key: string) => ({
  'data-draft': key,
  'data-draft-restored': t('office.draft_restored'),
  'data-draft-discard': t('office.draft_discard'),
})

/** Of a form that is sent by itself a moment after each change. It has an element `data-save-state`. */
export const autosaveOf = (t: Translate) => ({
  'data-autosave': t('metadata.autosave'),
  'data-saving': t('office.saving'),
  'data-saved': t('office.all_saved'),
  'data-not-saved': t('office.not_saved'),
  'data-unsaved': t('office.unsaved'),
})
