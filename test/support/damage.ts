/** What disks and people do to files. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/** Changes one byte in place, in the middle unless told where: same size, same name, same inode. */
export function flipByte(path: string, share = 0.5): void {
  const file = openSync(path, 'r+')
  try {
    const at = Math.floor(fstatSync(file).size * share)
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, at)
    byte[0]! ^= 0xff
    writeSync(file, byte, 0, 1, at)
  } finally {
    closeSync(file)
  }
}
