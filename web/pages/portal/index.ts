import type { Page } from '../../kit/page.ts'
import { home } from './home.tsx'

export const portalPages: readonly Page[] = [home]
