/** Textes français. */
import type { Catalogue } from './en.ts'
import { common } from './fr/common.ts'
import { office } from './fr/office.ts'
import { officeDataset } from './fr/office-dataset.ts'
import { portal } from './fr/portal.ts'

export const catalogue: Catalogue = { ...common, ...office, ...officeDataset, ...portal }
