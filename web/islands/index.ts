/** Every island by name; the file of an island is named like it and exports its component as default. */
export const islands = {
  'create-dataset': () => import('./create-dataset.tsx'),
  'dataset-actions': () => import('./dataset-actions.tsx'),
  'data-table': () => import('./data-table.tsx'),
  'data-map': () => import('./data-map.tsx'),
  'chart-builder': () => import('./chart-builder.tsx'),
  'field-profiles': () => import('./field-profiles.tsx'),
  'api-console': () => import('./api-console.tsx'),
}

export type IslandName = keyof typeof islands
