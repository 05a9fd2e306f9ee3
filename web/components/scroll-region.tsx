import type { ComponentChildren, VNode } from 'preact'

/** What scrolls must be reachable by keyboard and have a name (WCAG 2.1.1). */
export function ScrollRegion({
  label,
  class: className = 'scroll-x',
  children,
}: {
  readonly label: string
  readonly class?: string
  readonly children: ComponentChildren
}): VNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
    <section class={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
