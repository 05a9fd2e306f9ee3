/** What somebody may make a dataset of: their own files, and datasets that they see all of. */
import type { FastifyRequest } from 'fastify'
import { requireWholeDataset } from '../../access/index.ts'
import {
  datasetPrefix,
  filePrefix,
  findFile,
  listSteps,
  type Stack,
  type StepInput,
} from '../../catalog/index.ts'
import { datasetsNamed } from '../../ingest/index.ts'
import type { ConfiguredStep } from '../../kernel/index.ts'
import type { HttpServices } from '../services.ts'
import { fileReaderOf } from './file-routes.ts'

/** `present`: the address that is there already, which may stay. Errors: catalog.unknown_file, those of requireWholeDataset. */
export async function requireSource(
  services: HttpServices,
  request: FastifyRequest,
  url: string,
  present: string | null,
): Promise<void> {
  if (url === present) return
  if (url.startsWith(filePrefix))
    await findFile(services.catalogDeps, url.slice(filePrefix.length), fileReaderOf(request))
  if (url.startsWith(datasetPrefix))
    await requireWholeDataset(services.control.db, request.principal, url.slice(datasetPrefix.length))
}

/** `present`: the steps that are configured: what they name, new ones may name too. Errors: those of requireWholeDataset. */
export async function requireNamedDatasets(
  services: HttpServices,
  request: FastifyRequest,
  steps: readonly ConfiguredStep[],
  present: readonly ConfiguredStep[],
): Promise<void> {
  const known = new Set(datasetsNamed(present).map(({ name }) => name))
  for (const { name } of datasetsNamed(steps)) {
    if (!known.has(name)) await requireWholeDataset(services.control.db, request.principal, name)
  }
}

/** A processor may join only what its editor sees all of, or what is joined already. Errors: those of requireNamedDatasets. */
export async function requirePermittedStep(
  services: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
  stack: Stack,
  { name, args }: StepInput,
): Promise<void> {
  if (stack !== 'processor') return
  const present = await listSteps(services.catalogDeps, datasetUid, stack)
  await requireNamedDatasets(services, request, [{ processor_uid: '', name, args }], present)
}
