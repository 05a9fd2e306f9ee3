/** A file system of a few megabytes, and the means to fill it. Needs root and Linux. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Why tests that need one are skipped here; false when they are not. */
export const smallDiskSkipped: string | false = tryMount()

function tryMount(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'mounting a small tmpfs needs root on Linux'
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-mount-'))
  try {
    mount(directory, 1)
    execFileSync('umount', [directory], { stdio: 'pipe' })
    return false
  } catch {
    return 'a tmpfs cannot be mounted here'
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function mount(directory: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'broadsheet-test', directory], {
    stdio: 'pipe',
  })
}

export interface SmallDisk {
  readonly directory: string
  /** Leaves not a byte free. */
  fill(): void
  free(): void
}

/** Unmounted when the test ends, after what was started later has ended. */
export function mountSmallDisk(t: TestContext, megabytes: number): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-disk-'))
  mount(directory, megabytes)
  t.after(() => {
    execFileSync('umount', ['--lazy', directory])
    rmSync(directory, { recursive: true, force: true })
  })
  const ballast = join(directory, 'ballast')
  return {
    directory,
    fill() {
      const file = openSync(ballast, 'a')
      try {
        for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) writeUntilFull(file, Buffer.alloc(bytes, 1))
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast, { force: true }),
  }
}

function writeUntilFull(file: number, chunk: Buffer): void {
  for (;;) {
    try {
      if (writeSync(file, chunk) < chunk.length) return
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOSPC') return
      throw error
    }
  }
}
