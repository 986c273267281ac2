import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * The words after a command's name: its options and what else there is. Every command has `--help` and `-h`; `help` is what they print.
 * Throws what `parseArgs` throws.
 * @returns undefined if help was asked for, and has been printed
 */
export function argumentsOf<T extends ParseArgsConfig>(help: string, config: T): ReturnType<typeof parseArgs<T>> | undefined {
  const parsed = parseArgs<ParseArgsConfig>({ ...config, options: { ...config.options, help: { type: 'boolean', short: 'h' } } })
  if (parsed.values['help'] !== true) return parsed as ReturnType<typeof parseArgs<T>>
  console.log(help)
  return undefined
}
