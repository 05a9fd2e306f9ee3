import type { VNode } from 'preact'

/** Drawn on a grid of 24, by strokes. */
const paths = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21',
  theme:
    'M12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c1-4 4-6 8-6s7 2 8 6',
  table: 'M3 5h18v14H3zM3 10h18M9 5v14',
  map: 'M9 4 3 6v14l6-2 6 2 6-2V4l-6 2zM9 4v14M15 6v14',
  chart: 'M4 20V4M4 20h16M8 16v-4m4 4V8m4 8v-6',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 7.8v.4',
  download: 'M12 4v11m0 0-4-4m4 4 4-4M4 20h16',
  code: 'm8 7-5 5 5 5m8-10 5 5-5 5',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4m8-4v4',
  image: 'M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 5M15.5 9.2v.1',
  filter: 'M3 5h18l-7 8v6l-4 2v-8z',
  close: 'M6 6l12 12M18 6 6 18',
  up: 'm6 15 6-6 6 6',
  down: 'm6 9 6 6 6-6',
  right: 'm9 6 6 6-6 6',
  columns: 'M4 5h16v14H4zM9.3 5v14M14.6 5v14',
  rss: 'M5 5c8 0 14 6 14 14M5 11c5 0 8 3 8 8M6 18v.1',
  embed: 'M4 5h16v11H4zM9 20h6',
  print: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  calendar_day: 'M4 6h16v14H4zM4 10h16M8 3v4m8-4v4M11 14h2v2h-2z',
  plus: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  edit: 'M4 20h4L20 8l-4-4L4 16z',
  check: 'm5 13 4 4L19 7',
  warning: 'M12 4 2.5 20h19zM12 10v5m0 2.5v.1',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2',
  upload: 'M12 16V5m0 0L8 9m4-4 4 4M4 20h16',
  undo: 'M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3',
  database: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
} as const

export type IconName = keyof typeof paths

/** Decoration beside a text; a control that has nothing else needs an `aria-label` of its own. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
