/** The frames around pages; one for every LayoutName. */
import type { ComponentType } from 'preact'
import type { LayoutName, LayoutProps } from '../kit/page.ts'
import { BareLayout } from './bare.tsx'
import { EmbedLayout } from './embed.tsx'
import { OfficeLayout } from './office.tsx'
import { PortalLayout } from './portal.tsx'

export const layouts: Readonly<Record<LayoutName, ComponentType<LayoutProps>>> = {
  portal: PortalLayout,

  office: OfficeLayout,
  bare: BareLayout,
  embed: EmbedLayout,
}
