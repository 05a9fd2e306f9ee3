/** Every island by name; the file of an island is named like it and exports its component as default. */
export const islands = {
  'create-dataset': () => import('./create-dataset.tsx'),
  'dataset-actions': () => import('./dataset-actions.tsx'),
  'search-box': () => import('./search-box.tsx'),
}

export type IslandName = keyof typeof islands
