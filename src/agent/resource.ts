import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { AttributeValue } from '../model/attributes.ts'
import type { Config } from './config.ts'
import { machineAttributes } from './machine.ts'

/** Who sends the spans: OpenTelemetry's resource attributes. What the environment or the caller says goes first. */
export function resourceAttributes(
  config: Pick<Config, 'serviceName' | 'resourceAttributes'>,
  own: Readonly<Record<string, AttributeValue>> = {},
): Record<string, AttributeValue> {
  const given = { ...config.resourceAttributes, ...own }
  return {
    'service.name': config.serviceName ?? packageName() ?? 'unknown_service:node',
    'service.instance.id': crypto.randomUUID(),
    ...machineAttributes(),
    'process.pid': process.pid,
    'process.executable.name': basename(process.execPath),
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.distro.name': 'phaseline',
    ...given,
    ...(config.serviceName === undefined ? {} : { 'service.name': config.serviceName }),
  }
}

/** The name in the package.json nearest to the program that was started. */
function packageName(): string | undefined {
  for (let folder = dirname(process.argv[1] ?? join(process.cwd(), 'x')); ; folder = dirname(folder)) {
    const name = nameIn(join(folder, 'package.json'))
    if (name !== undefined) return name
    if (folder === dirname(folder)) return undefined
  }
}

function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}

/** A resource as OpenTelemetry's SDK passes it around. */
export class OwnResource {
  readonly attributes: Readonly<Record<string, AttributeValue>>

  constructor(attributes: Readonly<Record<string, AttributeValue>>) {
    this.attributes = attributes
  }

  /** The other's attributes go before ours. */
  merge(other: { readonly attributes: Readonly<Record<string, AttributeValue>> } | null): OwnResource {
    return new OwnResource({ ...this.attributes, ...other?.attributes })
  }

  getRawAttributes(): [string, AttributeValue][] {
    return Object.entries(this.attributes)
  }
}
