/** A small SFTP server: one user with a password or a key, files in memory, read only. */
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import ssh2, { type ParsedKey, type SFTPWrapper } from 'ssh2'
import { fingerprintOf } from '../../src/ingest/fetch/fetch-sftp.ts'

const { Server, utils } = ssh2
const { STATUS_CODE } = utils.sftp

export interface SftpOptions {
  readonly files: Readonly<Record<string, { readonly content: Buffer; readonly modified: Date }>>
  readonly user?: string
  readonly password?: string
  /** In OpenSSH's format. */
  readonly publicKey?: string
  /** What a stat says, when it is not the size. */
  readonly announcedBytes?: number
  readonly isEndless?: boolean
  readonly mostPerRead?: number
  /** Answers no read. */
  readonly isSilent?: boolean
}

export interface SftpServer {
  readonly port: number
  /** Of its host key, as ssh-keygen -l prints it. */
  readonly fingerprint: string
  /** Reads it has been asked for. */
  reads(): number
  /** Passwords that were tried. */
  readonly passwords: readonly string[]
}

/** Of a hundred keys that the library makes it cannot read one or so itself. */
export function makeSshKey() {
  for (;;) {
    const key = utils.generateKeyPairSync('ed25519')
    if (!(utils.parseKey(key.private) instanceof Error)) return key
  }
}

export async function startSftpServer(t: TestContext, options: SftpOptions): Promise<SftpServer> {
  const { user = 'reader', password, publicKey } = options
  const host = makeSshKey()
  const passwords: string[] = []
  let reads = 0
  const server = new Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => {})
    // Its types do not know it.
    ;(client as unknown as { setNoDelay(isOn: boolean): void }).setNoDelay(true)
    client.on('authentication', (context) => {
      if (context.username !== user) return context.reject()
      if (context.method === 'password') {
        passwords.push(context.password)
        if (context.password === password) return context.accept()
      }
      if (context.method === 'publickey' && publicKey !== undefined) {
        const key = utils.parseKey(publicKey) as ParsedKey
        const isKnown = key.getPublicSSH().equals(context.key.data)
        const isSigned =
          context.signature === undefined ||
          key.verify(context.blob!, context.signature, context.hashAlgo) === true
        if (isKnown && isSigned) return context.accept()
      }
      context.reject(['password', 'publickey'])
    })
    client.on('session', (accept) => accept().on('sftp', (acceptSftp) => serveFiles(acceptSftp())))
  })

  function serveFiles(sftp: SFTPWrapper): void {
    const handles: { content: Buffer }[] = []
    const attributes = (path: string) => {
      const file = options.files[path]
      if (!file) return null
      const time = file.modified.getTime() / 1000
      const size = options.announcedBytes ?? file.content.length
      return { mode: 0o100644, uid: 0, gid: 0, size, atime: time, mtime: time }
    }
    const namesIn = (path: string) => {
      const directory = path.replace(/\/*$/, '/')
      return Object.keys(options.files).filter(
        (name) => name.startsWith(directory) && !name.slice(directory.length).includes('/'),
      )
    }
    const stat = (id: number, path: string) => {
      if (namesIn(path).length > 0)
        return sftp.attrs(id, { mode: 0o040755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 })
      const found = attributes(path)
      if (found) sftp.attrs(id, found)
      else sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
    }
    sftp.on('STAT', stat)
    sftp.on('LSTAT', stat)
    const listed = new Map<number, string[]>()
    sftp.on('OPENDIR', (id, path) => {
      const number = handles.push({ content: Buffer.alloc(0) }) - 1
      listed.set(number, namesIn(path))
      sftp.handle(id, Buffer.from([number]))
    })
    sftp.on('READDIR', (id, handle) => {
      const names = listed.get(handle[0]!) ?? []
      listed.delete(handle[0]!)
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF)
      sftp.name(
        id,
        names.map((path) => ({
          filename: path.split('/').at(-1)!,
          longname: path,
          attrs: attributes(path)!,
        })),
      )
    })
    sftp.on('OPEN', (id, path) => {
      const file = options.files[path]
      if (!file) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
      sftp.handle(id, Buffer.from([handles.push(file) - 1]))
    })
    sftp.on('READ', (id, handle, offset, length) => {
      reads++
      if (options.isSilent) return
      const { content } = handles[handle[0]!]!
      if (options.isEndless) return sftp.data(id, Buffer.alloc(length, 'x'))
      const chunk = content.subarray(offset, offset + Math.min(length, options.mostPerRead ?? length))
      if (chunk.length === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.data(id, chunk)
    })
    sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const key = utils.parseKey(host.private) as ParsedKey
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: fingerprintOf(key.getPublicSSH()),
    reads: () => reads,
    passwords,
  }
}
