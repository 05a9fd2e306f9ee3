/** Every page of the web, and what it answers beside pages. */
import type { Page, RawRoute } from '../kit/page.ts'
import { favicon } from './favicon.ts'
import { officePages } from './office/index.ts'
import { portalPages, portalRoutes } from './portal/index.ts'
import { preferences } from './preferences.ts'
import { theme } from './theme.ts'

export const pages: readonly Page[] = [...portalPages, ...officePages]
export const rawRoutes: readonly RawRoute[] = [preferences, favicon, theme, ...portalRoutes]
