import type { Page } from '../../kit/page.ts'
import { datasets, officeHome } from './datasets.tsx'
import { login } from './login.tsx'
import { newDataset } from './new.tsx'
import { overview } from './overview.tsx'
import { start } from './start.tsx'

export const officePages: readonly Page[] = [login, officeHome, datasets, newDataset, overview, start]
