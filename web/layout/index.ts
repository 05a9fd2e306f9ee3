/** The frames around pages; one for every LayoutName. */
import type { ComponentType } from 'preact'
import type { LayoutName, LayoutProps } from '../kit/page.ts'
import { BareLayout } from './bare.tsx'
import { EmbedLayout } from './embed.tsx'
import { PortalLayout } from './portal.tsx'

export const layouts: Readonly<Record<LayoutName, ComponentType<LayoutProps>>> = {
  portal: PortalLayout,
  // Until the back office brings its own.
  office: PortalLayout,
  bare: BareLayout,
  embed: EmbedLayout,
}
