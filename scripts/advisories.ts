/**
 * Asks the registry for known vulnerabilities of what is installed, and fails for those of dependencies that ship. A
 * registry that does not answer the question (mirrors often refuse it) is no fault of the code: the step says that it
 * was skipped, and why.
 */
import { spawnSync } from 'node:child_process'

interface Report {
  readonly message?: string
  readonly error?: { readonly summary?: string; readonly code?: string }
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> }
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range: string; readonly via: readonly unknown[] }>
  >
}

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--fetch-retries=0'], {
  encoding: 'utf8',
  timeout: 60_000,
  maxBuffer: 64 << 20,
})
const report = read(stdout)
if (report?.metadata?.vulnerabilities === undefined) {
  const reason =
    [error?.message, report?.error?.summary, report?.message].find((text) => text) ?? 'it gave no answer'
  console.log(`advisories: SKIPPED, the registry does not answer: ${reason.split('\n')[0]}`)
} else {
  const found = Object.entries(report.vulnerabilities ?? {})
  for (const [name, { severity, range, via }] of found) {
    const titles = via.map((one) => (typeof one === 'string' ? one : (one as { title?: string }).title))
    console.log(`advisories: ${severity}: ${name} ${range}: ${titles.join('; ')}`)
  }
  console.log(`advisories: ${found.length} of the dependencies that ship`)
  if (found.length > 0) process.exitCode = 1
}

function read(text: string | null): Report | null {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}
