import type { Connection } from '../engine/index.ts'
import { AppError } from '../kernel/index.ts'
import type { Gates } from './gates.ts'

/** Whether the engine can use every pattern. Errors: checks.invalid_gate, for the first that it cannot. */
export async function checkPatterns(connection: Connection, gates: Gates): Promise<void> {
  for (const pattern of Object.values(gates.patterns)) {
    try {
      await connection.all(`select regexp_full_match('', $1) as fits`, [pattern])
    } catch {
      throw new AppError('checks.invalid_gate', {
        gate: 'patterns',
        value: JSON.stringify(pattern).slice(0, 200),
        expected: 'it must be a regular expression that RE2 understands (no look-around, no references)',
      })
    }
  }
}
