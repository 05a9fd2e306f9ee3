/** Part of every recipe: raised when the same sources and configuration would give other records than before. */
export const pipelineVersion = 4
