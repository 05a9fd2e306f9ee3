/**
 * Where the project lies. Its sources are two levels below (`src/kernel/`), and so is what scripts/ensure-server.cjs makes
 * of them (`build/<stamp>/`).
 */
export const projectRoot = new URL('../../', import.meta.url)

/** Whether it is the bundle that runs. */
export const isBundled = !import.meta.url.endsWith('.ts')
