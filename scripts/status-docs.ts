/** Draws the status machine in docs/status-machine.md, between its markers, from the table. A test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { statusEvents, statuses, transitions } from '../src/actions/status.ts'

const target = new URL('../docs/status-machine.md', import.meta.url)
const open = '<!-- status machine: written by scripts/status-docs.ts -->'
const close = '<!-- /status machine -->'

/** The page, as it should be: what is written by hand stays. */
export function statusDocumentation(): string {
  const page = readFileSync(target, 'utf8')
  const start = page.indexOf(open)
  const end = page.indexOf(close)
  if (start < 0 || end < start) throw new Error('docs/status-machine.md has lost its markers')
  return `${page.slice(0, start + open.length)}\n\n${diagram()}\n\n${table()}\n\n${page.slice(end)}`
}

/** One arrow for each pair of statuses, with all events that lead along it. */
function diagram(): string {
  const arrows = new Map<string, string[]>()
  for (const status of statuses) {
    for (const event of statusEvents) {
      const next = transitions[status][event]
      if (next === null) continue
      const arrow = `${status} --> ${next === 'rest' ? 'as_it_was' : next}`
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), event])
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(', ')}`)
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> idle', ...lines, '```'].join('\n')
}

function table(): string {
  const rows = statuses.map((status) => {
    const cells = statusEvents.map((event) => {
      const next = transitions[status][event]
      return next === null ? '' : next === 'rest' ? 'as it was' : `\`${next}\``
    })
    return `| **\`${status}\`** | ${cells.join(' | ')} |`
  })
  return [
    `| status | ${statusEvents.map((event) => `\`${event}\``).join(' | ')} |`,
    `| --- | ${statusEvents.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, statusDocumentation())
