import type { Page } from '../../kit/page.ts'
import { datasets, officeHome } from './datasets.tsx'
import { login } from './login.tsx'

export const officePages: readonly Page[] = [login, officeHome, datasets]
