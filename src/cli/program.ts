/**
 * The command line's grammar: every command, its options and what it runs. What runs is loaded when it is asked for:
 * `serve` needs no client, most commands no compiler of queries, and loading them all takes longer than most of them.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { exitCodes, ProblemsFoundError, reportFailure } from './exit-codes.ts'
import type { ExplainOptions } from './explain.ts'
import { createOutput, type Streams } from './output.ts'
import type { PublishOptions } from './publish.ts'
import type { ServerOptions, Session } from './session.ts'
import type { BackupCommand } from './upkeep.ts'

type Commands = typeof import('./commands.ts')
type Env = Readonly<Record<string, string | undefined>>

export interface CliDeps {
  /** Runs the server until it is told to stop; handed in because the command line is below the server. */
  serve(env: Env): Promise<void>
  readonly env?: Env
  readonly streams?: Streams
}

const defaultServer = 'http://127.0.0.1:8080'

/** Enough of every type to try a query on when no fields are named. */
const sampleFields =
  'name:text,city:text,kind:text,tags:multitext,age:int,price:double,open:boolean,day:date,at:datetime,place:geo_point_2d,area:geo_shape'

interface GlobalOptions extends ServerOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly wait: boolean
}

/** Runs one command line; answers the exit code. */
export async function runCli(args: readonly string[], deps: CliDeps): Promise<number> {
  const env = deps.env ?? process.env
  const streams = deps.streams ?? { stdout: process.stdout, stderr: process.stderr }
  const program = new Command('broadsheet')
  const globals = () => program.opts<GlobalOptions>()
  const outputOf = () => createOutput(streams, globals())

  async function withSession(run: (session: Session, commands: Commands) => Promise<void>): Promise<void> {
    const commands = await import('./commands.ts')
    const client = commands.openClient(globals(), env, defaultServer)
    try {
      await run({ client, output: outputOf(), waits: globals().wait }, commands)
    } finally {
      await client.close()
    }
  }

  program
    .description('Publish, unpublish, abort and version open datasets on a Broadsheet server.')
    .version(manifest.version)
    .option('--server <url>', `address of the server (BROADSHEET_SERVER; ${defaultServer})`)
    .option('--apikey <key>', 'API key (BROADSHEET_APIKEY)')
    .option('--user <name:password>', 'user and password')
    .option('--json', 'one JSON object a line on standard output', false)
    .option('-q, --quiet', 'no progress, also at a terminal', false)
    .option('--no-wait', 'give the order and print its job id')
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => {
        if (!args.includes('--json')) streams.stderr.write(text)
      },
    })
    .showHelpAfterError('(broadsheet --help lists commands and options)')
    .exitOverride()
    .hook('preAction', (_program, command) => {
      // `broadsheet jobs | head -1`: what nobody reads need not be written. A server goes on.
      if (command.name() === 'serve') return
      streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(exitCodes.ok)
      })
    })

  program
    .command('serve')
    .description('start the server; its settings come from the environment (docs/operations.md)')
    .option('--port <port>', 'BROADSHEET_PORT')
    .option('--host <address>', 'BROADSHEET_HOST')
    .option('--data-dir <directory>', 'BROADSHEET_DATA_DIR')
    .action(async (options: { port?: string; host?: string; dataDir?: string }) => {
      await deps.serve({
        ...env,
        ...(options.port === undefined ? {} : { BROADSHEET_PORT: options.port }),
        ...(options.host === undefined ? {} : { BROADSHEET_HOST: options.host }),
        ...(options.dataDir === undefined ? {} : { BROADSHEET_DATA_DIR: options.dataDir }),
      })
    })

  program
    .command('publish')
    .description(
      'create or update a dataset from a file or an address, publish it, print where its records are',
    )
    .argument('<file-or-url>')
    .option('--id <dataset>', 'dataset id; made from the name of the file when left out')
    .option('--title <title>')
    .option(
      '--type <extractor>',
      'csvfile, jsonfile, xlsfile, xmlfile... (docs/extractors.md); guessed when left out',
    )
    .option('--param <name=value>', 'parameter of the extractor, repeatable', collect, [])
    .option('--resource <uid>', 'resource to replace, when the dataset has several')
    .option('--dry-run', 'build and compare with what is published, without showing it', false)
    .option('--override-gates', 'show it although a gate would hold it', false)
    .action((source: string, options: PublishOptions) =>
      withSession((session, commands) => commands.publish(session, source, options)),
    )

  program
    .command('unpublish')
    .description('take a dataset from readers; its configuration and versions stay')
    .argument('<dataset>', 'id or uid')
    .action((dataset: string) => withSession((session, commands) => commands.unpublish(session, dataset)))

  program
    .command('undo-unpublish')
    .description('bring back what the last unpublish took away, without reading the sources')
    .argument('<dataset>')
    .action((dataset: string) => withSession((session, commands) => commands.undoUnpublish(session, dataset)))

  program
    .command('abort')
    .description('stop the running publish, or a queued order')
    .argument('<dataset>')
    .option('--discard', 'readers stay on what they had, instead of getting what was processed so far', false)
    .action((dataset: string, options: { discard: boolean }) =>
      withSession((session, commands) => commands.abort(session, dataset, options.discard)),
    )

  program
    .command('save-version')
    .description('keep what is published now, to query it or to go back to it')
    .argument('<dataset>')
    .option('--label <text>', 'a few words; retention rules keep labelled versions')
    .option('--note <text>', 'more words')
    .action((dataset: string, options: { label?: string; note?: string }) =>
      withSession((session, commands) => commands.saveVersion(session, dataset, options)),
    )

  program
    .command('versions')
    .description('list saved versions, newest first; (automatic): taken before a restore')
    .argument('<dataset>')
    .action((dataset: string) => withSession((session, commands) => commands.versions(session, dataset)))

  program
    .command('diff')
    .description('show what differs between two states: versions (ch_...), generations (ge_...) or current')
    .argument('<dataset>')
    .argument('[from]', 'the older one; the newest saved version when left out')
    .argument('[to]', 'the newer one; current when left out')
    .addOption(
      new Option('--rows <number>', 'differing records to list').argParser(readRowsOrNone).default(10),
    )
    .action((dataset: string, from: string | undefined, to: string | undefined, options: { rows: number }) =>
      withSession((session, commands) => commands.diff(session, dataset, from, to, options.rows)),
    )

  program
    .command('restore')
    .description('go back to a saved version: its data and its configuration')
    .argument('<dataset>')
    .argument('<version>')
    .addOption(
      new Option('--only <part>', 'the other part stays as it is').choices(['data', 'configuration']),
    )
    .action((dataset: string, version: string, options: { only?: 'data' | 'configuration' }) =>
      withSession((session, commands) => commands.restore(session, dataset, version, options.only ?? 'all')),
    )

  program
    .command('delete-version')
    .description('delete a saved version, for good')
    .argument('<dataset>')
    .argument('<version>')
    .action((dataset: string, version: string) =>
      withSession((session, commands) => commands.deleteVersion(session, dataset, version)),
    )

  program
    .command('schedule')
    .description('have a dataset published by the clock')
    .argument('<dataset>')
    .argument('<cron>', 'minute hour day-of-month month day-of-week, as one argument: "30 4 * * 1"')
    .option('--timezone <name>', "the server's when left out")
    .action((dataset: string, cron: string, options: { timezone?: string }) =>
      withSession((session, commands) => commands.schedule(session, dataset, cron, options.timezone ?? null)),
    )

  program
    .command('schedules')
    .description('list schedules with their next and last runs')
    .argument('[dataset]', 'all when left out')
    .action((dataset: string | undefined) =>
      withSession((session, commands) => commands.schedules(session, dataset ?? null)),
    )

  program
    .command('unschedule')
    .description('delete a schedule')
    .argument('<dataset>')
    .argument('<schedule>')
    .action((dataset: string, schedule: string) =>
      withSession((session, commands) => commands.unschedule(session, dataset, schedule)),
    )

  program
    .command('list')
    .description('list the datasets: id, whether readers see it, what it is doing, title')
    .action(() => withSession((session, commands) => commands.list(session)))

  program
    .command('delete')
    .description('delete a dataset with its records and versions, for good')
    .argument('<dataset>')
    .requiredOption('--yes', 'say that you mean it')
    .action((dataset: string) => withSession((session, commands) => commands.deleteDataset(session, dataset)))

  program
    .command('errors')
    .description('list values that the last publish could not convert')
    .argument('<dataset>')
    .addOption(new Option('--rows <number>', 'how many to list').argParser(readRows).default(10))
    .action((dataset: string, options: { rows: number }) =>
      withSession((session, commands) => commands.recordErrors(session, dataset, options.rows)),
    )

  program
    .command('rejects')
    .description('print the source rows that could not be read, as CSV: resource_uid, line, reason, raw')
    .argument('<dataset>')
    .option('--submit <file>', 'give them back, with raw corrected: the next publish reads them')
    .action((dataset: string, { submit }: { submit?: string }) =>
      withSession((session, commands) =>
        submit === undefined
          ? commands.rejects(session, dataset)
          : commands.resubmitRejects(session, dataset, submit),
      ),
    )

  program
    .command('status')
    .description('show what a dataset is doing')
    .argument('<dataset>')
    .action((dataset: string) => withSession((session, commands) => commands.status(session, dataset)))

  program
    .command('jobs')
    .description('list your latest jobs, or show one')
    .argument('[job]')
    .option('--follow', 'wait for the end of the job', false)
    .addOption(new Option('--rows <number>', 'how many to list').argParser(readRows).default(10))
    .action((job: string | undefined, options: { follow: boolean; rows: number }) =>
      withSession((session, commands) =>
        job === undefined
          ? commands.jobs(session, options.rows)
          : commands.showJob(session, job, options.follow),
      ),
    )

  program
    .command('explain')
    .description('show tokens, tree, plan, SQL and values of an ODSQL filter, without a server')
    .argument('[where]', 'an ODSQL filter')
    .option('--select <clause>')
    .option('--group-by <clause>')
    .option('--order-by <clause>')
    .option('--fields <name:type,...>', 'fields to resolve names with', sampleFields)
    .option('--dataset <id>', 'take the fields of a published dataset, from the server')
    .action(async (where: string | undefined, options: ExplainOptions & { dataset?: string }) => {
      const { explain, fieldsOf, readFields } = await import('./explain.ts')
      const { systemClock } = await import('../kernel/index.ts')
      const { dataset } = options
      let fields = dataset === undefined ? readFields(options.fields) : []
      if (dataset !== undefined) {
        await withSession(async ({ client }) => {
          fields = fieldsOf(await client.publishedFields(dataset))
        })
      }
      const { text, isRefused } = explain(where, options, fields, systemClock.now())
      outputOf().result(text, { event: 'explained', text })
      if (isRefused)
        throw new ProblemsFoundError(
          'The query is refused; --dataset <id> takes the fields of a published one',
        )
    })

  program
    .command('seed')
    .description('create and publish the demo datasets that are missing')
    .action(() =>
      withSession(async (session) => {
        const { seedDemo } = await import('./demo.ts')
        await seedDemo(session.client, {
          onProgress: (line, dataset) => session.output.result(line, { event: 'seeded', ...dataset }),
        })
      }),
    )

  program
    .command('verify')
    .description('check a data directory, a backup or one generation, with a server on it or without')
    .argument('<directory>')
    .option('--quick', 'sizes, row counts and pointers only: nothing is hashed', false)
    .action(async (directory: string, options: { quick: boolean }) => {
      const { verifyDirectory } = await import('./upkeep.ts')
      await verifyDirectory(outputOf(), env, directory, options)
    })

  program
    .command('backup')
    .description('copy everything into a directory while the server serves; repeated, only what is new')
    .argument('<directory>')
    .option('--data-dir <directory>', 'what to back up (BROADSHEET_DATA_DIR; ./data)')
    .option('--link', 'hard links instead of copies, where possible: no help against a failing disk', false)
    .option('--quick', 'verify sizes and row counts only', false)
    .action(async (directory: string, options: BackupCommand) => {
      const { backup } = await import('./upkeep.ts')
      await backup(outputOf(), env, directory, options)
    })

  program
    .command('restore-backup')
    .description('make a new data directory of a backup')
    .argument('<backup>')
    .requiredOption('--data-dir <directory>', 'must not exist, or be empty')
    .option('--quick', 'verify sizes and row counts only', false)
    .action(async (directory: string, options: { dataDir: string; quick: boolean }) => {
      const { restore } = await import('./upkeep.ts')
      await restore(outputOf(), env, directory, options)
    })

  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    // commander has said what is wrong; asking for help or the version is no failure.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok
      const message = error.message.replace(/^error: /, '')
      if (args.includes('--json')) {
        const output = createOutput(streams, { json: true, quiet: true })
        output.fail(message, undefined, { event: 'error', kind: 'usage', message })
      }
      return exitCodes.usage
    }
    return reportFailure(outputOf(), error)
  }
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function readRowsOrNone(text: string): number {
  return text === '0' ? 0 : readRows(text)
}

function readRows(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 100) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 100.')
  }
  return Number(text)
}
