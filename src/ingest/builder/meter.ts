/** Running totals of a build, told with every part. */
import type { BuildCounts, BuildPlan } from '../../kernel/index.ts'
import type { SliceCounts } from './slice-work.ts'

export interface Meter {
  add(
    sourceIndex: number,
    resourceUid: string,
    sourceBytesRead: number,
    counts: SliceCounts,
    bytesWritten: number,
  ): void
}

/** `onProgress`: as of `ExtractHooks`. */
export function createMeter(
  plan: Pick<BuildPlan, 'sources'>,
  hooks: { onProgress(resourceUid: string | null, counts: BuildCounts): void },
): Meter {
  const bytesTotal = plan.sources.reduce((total, source) => total + source.bytes, 0)
  const bytesRead = plan.sources.map(() => 0)
  const sum = {
    rowsRead: 0,
    rowsKept: 0,
    rowsRejected: 0,
    rowsFiltered: 0,
    rowsReplaced: 0,
    rowsAdded: 0,
    recordErrors: 0,
    bytesWritten: 0,
  }
  return {
    add(sourceIndex, resourceUid, sourceBytesRead, counts, bytesWritten) {
      bytesRead[sourceIndex] = Math.max(bytesRead[sourceIndex]!, sourceBytesRead)
      sum.rowsRead += counts.rowsRead
      sum.rowsKept += counts.rowsKept
      sum.rowsRejected += counts.rejects.length
      sum.rowsFiltered += counts.rowsFiltered
      sum.rowsAdded += counts.rowsAdded
      sum.recordErrors += counts.recordErrors
      sum.bytesWritten += bytesWritten
      const read = bytesRead.reduce((total, bytes) => total + bytes, 0)
      hooks.onProgress(resourceUid, { ...sum, bytesRead: read, bytesTotal })
    },
  }
}
