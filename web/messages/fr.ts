/** Textes français. */
import type { Catalogue } from './en.ts'
import { common } from './fr/common.ts'
import { portal } from './fr/portal.ts'

export const catalogue: Catalogue = { ...common, ...portal }
