/** A small FTP server: passive mode, one user, files in memory; with TLS, and with manners to be afraid of. */
import { createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { certificate, certificateKey } from './certificate.ts'

export interface FtpFile {
  readonly content: Buffer
  readonly modified: Date
}

export interface FtpOptions {
  readonly files: Readonly<Record<string, FtpFile>>
  readonly user?: string
  readonly password?: string
  /** `explicit`: AUTH TLS is demanded; `implicit`: TLS from the first byte. */
  readonly tls?: 'explicit' | 'implicit'
  /** What SIZE answers, when it is not the size. */
  readonly announcedBytes?: number
  /** Sends the content again and again. */
  readonly isEndless?: boolean
  /** Opens the data connection and sends nothing. */
  readonly isSilent?: boolean
  /** Answers PASV with this host, and knows no EPSV. */
  readonly passiveHost?: string
}

export interface FtpServer {
  readonly port: number
  readonly commands: readonly string[]
}

export async function startFtpServer(t: TestContext, options: FtpOptions): Promise<FtpServer> {
  const commands: string[] = []
  const open = new Set<Socket | Server>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    serveControl(options.tls === 'implicit' ? secured(socket) : socket, options, commands, open)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const one of open) 'destroy' in one ? one.destroy() : one.close()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as { port: number }).port, commands }
}

function secured(socket: Socket): Socket {
  const tls = new TLSSocket(socket, { isServer: true, cert: certificate, key: certificateKey })
  tls.on('error', () => {})
  return tls
}

function serveControl(
  first: Socket,
  options: FtpOptions,
  commands: string[],
  open: Set<Socket | Server>,
): void {
  const { files, user = 'anonymous', password = 'guest' } = options
  let control = first
  let name = ''
  let isIn = false
  let isProtected = options.tls === 'implicit'
  let data: Promise<Socket> | null = null
  const say = (line: string) => void control.write(`${line}\r\n`)

  async function passive(): Promise<number> {
    const listener = createServer()
    open.add(listener)
    data = new Promise((resolve) =>
      listener.once('connection', (socket) => {
        open.add(socket)
        socket.on('error', () => {})
        listener.close()
        resolve(isProtected ? secured(socket) : socket)
      }),
    )
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    return (listener.address() as { port: number }).port
  }

  async function send(content: Buffer): Promise<void> {
    const socket = await data!
    say('150 here it comes')
    if (options.isSilent) return
    if (options.isEndless) {
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(1 << 16, content)));
      }
      socket.on('drain', more)
      more()
      return
    }
    socket.end(content, () => say('226 done'))
  }

  async function obey(line: string): Promise<void> {
    commands.push(line)
    const [, verb = '', argument = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    const file = files[argument]
    switch (verb.toUpperCase()) {
      case 'AUTH': {
        if (options.tls !== 'explicit') return say('502 no')
        say('234 go on')
        control.removeAllListeners('data')
        control = secured(control)
        listen(control)
        return
      }
      case 'PROT':
        isProtected = argument === 'P'
        return say('200 ok')
      case 'USER':
        name = argument
        if (options.tls === 'explicit' && !(control instanceof TLSSocket)) return say('530 TLS first')
        return say('331 password')
      case 'PASS':
        isIn = name === user && argument === password
        return say(isIn ? '230 welcome' : '530 wrong')
      case 'EPSV':
        if (options.passiveHost) return say('502 no')
        return say(`229 passive (|||${await passive()}|)`)
      case 'PASV': {
        const port = await passive()
        const host = (options.passiveHost ?? '127.0.0.1').replaceAll('.', ',')
        return say(`227 passive (${host},${port >> 8},${port & 255})`)
      }
      case 'SIZE':
        return say(file ? `213 ${options.announcedBytes ?? file.content.length}` : '550 no such file')
      case 'MDTM':
        return say(
          file ? `213 ${file.modified.toISOString().replace(/[-:T]|\..*/g, '')}` : '550 no such file',
        )
      case 'RETR':
        if (!isIn) return say('530 log in')
        return file ? send(file.content) : say('550 no such file')
      case 'LIST': {
        if (!isIn) return say('530 log in')
        const directory = argument.replace(/^-a ?/, '').replace(/\/*$/, '/')
        const lines = Object.entries(files).flatMap(([path, { content }]) =>
          path.startsWith(directory) && !path.slice(directory.length).includes('/')
            ? [`-rw-r--r-- 1 o g ${content.length} May 09 2031 ${path.slice(directory.length)}\r\n`]
            : [],
        )
        return lines.length === 0 ? say('550 no such directory') : send(Buffer.from(lines.join('')))
      }
      case 'QUIT':
        return void control.end('221 bye\r\n')
      default:
        return say('200 ok')
    }
  }

  function listen(socket: Socket): void {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        void obey(line)
      }
    })
  }
  listen(control)
  say('220 ready')
}
