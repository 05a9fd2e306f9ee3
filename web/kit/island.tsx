/**
 * An island: a part of a page that the browser wakes up. It is rendered on the server like everything else, so that it
 * reads without JavaScript; its props travel with it as JSON.
 */
import type { ComponentType, VNode } from 'preact'
import type { IslandName } from '../islands/index.ts'

export function Island<P extends object>({
  name,
  of: Component,
  props,
  class: className,
}: {
  readonly name: IslandName
  /** The component that islands/index.ts loads by this name. */
  readonly of: ComponentType<P>
  /** Plain data. */
  readonly props: P
  readonly class?: string
}): VNode {
  return (
    <div data-island={name} data-props={JSON.stringify(props)} class={className}>
      <Component {...props} />
    </div>
  )
}
