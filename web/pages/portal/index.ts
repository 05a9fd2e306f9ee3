import type { Page, RawRoute } from '../../kit/page.ts'
import { changes } from './changes.tsx'
import { dataset, datasetRoot, embed } from './dataset.tsx'
import { explore } from './explore.tsx'
import { feedback } from './feedback.tsx'
import { home } from './home.tsx'
import { robots, sitemap } from './sitemap.ts'

export const portalPages: readonly Page[] = [home, explore, datasetRoot, changes, feedback, dataset, embed]
export const portalRoutes: readonly RawRoute[] = [robots, sitemap]
