/** Textes français. */
import type { Catalogue } from './en.ts'
import { common } from './fr/common.ts'
import { office } from './fr/office.ts'
import { officeAdmin } from './fr/office-admin.ts'
import { officeDataset } from './fr/office-dataset.ts'
import { officeDomain } from './fr/office-domain.ts'
import { officeSettings } from './fr/office-settings.ts'
import { permissions } from './fr/permissions.ts'
import { portal } from './fr/portal.ts'
import { values } from './fr/values.ts'

export const catalogue: Catalogue = {
  ...common,
  ...office,
  ...officeDataset,
  ...officeSettings,
  ...officeAdmin,
  ...officeDomain,
  ...permissions,
  ...portal,
  ...values,
}
