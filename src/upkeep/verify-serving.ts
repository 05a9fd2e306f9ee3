import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../engine/index.ts'
import { type Manifest, quoteLiteral, servingLayout, servingPath } from '../kernel/index.ts'
import type { Findings } from './findings.ts'

/** Serving files are derived: one that is wrong costs speed until it is derived again, so all findings are warnings. */
export async function verifyServing(
  serving: string,
  generations: ReadonlyMap<string, Pick<Manifest, 'records_count'>>,
  engine: Engine,
  findings: Findings,
): Promise<void> {
  for (const [generationUid, manifest] of generations) {
    const path = servingPath(serving, generationUid)
    if (!existsSync(path)) continue
    findings.counts.servingFiles++
    const fault = await faultOf(path, generationUid, manifest.records_count, engine)
    if (fault === null) continue
    const message = `${fault}; readers are served from the parts and it is derived again`
    findings.warn('serving_unusable', `serving file of ${generationUid}`, `${generationUid}.duckdb`, message)
  }
}

async function faultOf(
  path: string,
  generationUid: string,
  records: number,
  engine: Engine,
): Promise<string | null> {
  const connection = await engine.connect()
  try {
    await connection.run(`attach ${quoteLiteral(path)} as checked (read_only)`)
    const meta = await connection.all(`select key, value from checked.${servingLayout.meta}`)
    const values = new Map(meta.map((row) => [String(row.key), String(row.value)]))
    if (values.get('generation_uid') !== generationUid) return 'it belongs to another generation'
    if (values.get('layout') !== String(servingLayout.version)) return 'it has the layout of another release'
    const [row] = await connection.all(`select count(*) as n from checked.${servingLayout.records}`)
    return Number(row!.n) === records ? null : `it has ${Number(row!.n)} records instead of ${records}`
  } catch {
    return 'it cannot be read'
  } finally {
    await connection.run('detach database if exists checked').catch(() => {})
    connection.close()
  }
}

/** Serving files of generations that nobody knows. */
export async function findServingOrphans(
  serving: string,
  known: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  for (const name of await readdir(serving).catch(() => [])) {
    if (known.has(name.replace(/\.duckdb(\.wal)?$/, ''))) continue
    findings.warn('orphan', 'serving files', join('serving', name), `${name} belongs to no generation`)
  }
}
