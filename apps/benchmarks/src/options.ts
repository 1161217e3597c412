import { Command, InvalidArgumentError } from 'commander';

/** What the command line says. */
export interface BenchOptions {
  /** Whether peers are measured too. */
  readonly peers: boolean;
  /** Rows whose name matches, as a regular expression. */
  readonly filter?: RegExp;
  /** Contenders whose name matches, as a regular expression. */
  readonly contenders?: RegExp;
  /** How often everyone has a turn. */
  readonly rounds: number;
  /** Short turns and the small sizes only. */
  readonly quick: boolean;
  /** The longest that a single run may take, in seconds. */
  readonly limit: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is required.');
  return value;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new InvalidArgumentError('a regular expression is required.');
  }
}

/** Reads the command line. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const program = new Command('bench')
    .description('Measures ebmkit, and with --peers other libraries beside it.')
    .option('--peers', 'measure the peers too; makes their Python environment if there is none', false)
    .option('--filter <expression>', 'only rows whose name (workload/size) matches', expression)
    .option('--contenders <expression>', 'only contenders whose name matches', expression)
    .option('--rounds <count>', 'how often everyone has a turn', positive, 9)
    .option('--limit <seconds>', 'the longest that one run may take', positive, 20)
    .option('--quick', 'three rounds of short turns, the first size of each workload', false);
  const options = program.parse(argv).opts<BenchOptions>();
  return options.quick ? { ...options, rounds: Math.min(options.rounds, 3) } : options;
}
