export { type Harvesters, type HarvestJob, startHarvesters } from './harvesters.ts'
export { harvestSources } from './sources/sources.ts'
export { type Harvester, lockHarvester } from './store.ts'
export { harvestSourceIn } from './words.ts'
