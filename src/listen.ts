import { SettingError, type Settings } from './settings.ts'

/** Out: the address. Errors: SettingError, in words for the person who starts the server. */
export async function listen(
  http: { listen(at: { host: string; port: number }): Promise<string> },
  settings: Settings,
): Promise<string> {
  try {
    return await http.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EADDRINUSE')
      throw new SettingError(
        `Port ${settings.port} of ${settings.host} is in use; set BROADSHEET_PORT to another`,
      )
    if (code === 'EACCES')
      throw new SettingError(
        `Port ${settings.port} may not be opened by this user; set BROADSHEET_PORT to one above 1023`,
      )
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new SettingError(`BROADSHEET_HOST is '${settings.host}', which is not an address of this machine`)
    throw error
  }
}
