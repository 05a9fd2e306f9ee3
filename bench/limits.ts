/** What both sides may use; the server's own defaults on a machine with some memory. */
export const builderMemoryMb = 1000
export const builderThreads = 2
export const queryMemoryMb = 384
export const queryThreads = 2
