/** English texts: the catalogue whose keys every other language must have. */
import { common } from './en/common.ts'
import { office } from './en/office.ts'
import { officeAdmin } from './en/office-admin.ts'
import { officeDataset } from './en/office-dataset.ts'
import { officeDomain } from './en/office-domain.ts'
import { officeSettings } from './en/office-settings.ts'
import { permissions } from './en/permissions.ts'
import { portal } from './en/portal.ts'
import { values } from './en/values.ts'
import type { Message } from './message.ts'

export const catalogue = {
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
export type Catalogue = { readonly [K in keyof typeof catalogue]: Message }
