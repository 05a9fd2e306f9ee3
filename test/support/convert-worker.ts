/** Reads a source through its extractor, slice by slice, in the heap that its thread is given; says what it cut. */
import { rmSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { Connection } from '../../src/engine/index.ts'
import { findExtractor } from '../../src/ingest/extractors/extractors.ts'
import type { BuildSource } from '../../src/kernel/index.ts'

const { source, tmpDirectory } = workerData as { source: BuildSource; tmpDirectory: string }

const reader = await findExtractor(source.extractor).open({
  source,
  // What is converted is not looked at by the engine before it is cut.
  connection: null as unknown as Connection,
  tmpDirectory,
  prefix: 'c',
  sliceBytes: 16 << 20,
  maxSourceBytes: 2 ** 34,
  stop: new AbortController().signal,
  skipSlices: 0,
  isPreview: false,
  memory: new Map(),
})
let bytes = 0
let lines = 0
for await (const slice of reader.slices()) {
  bytes += slice.bytes
  lines = slice.firstLine
  rmSync(slice.path)
}
reader.close()
parentPort!.postMessage({ bytes, lastFirstLine: lines })
