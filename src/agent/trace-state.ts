import type { TraceState } from '@opentelemetry/api'

/** The `traceState` of a span context, where there is one. */
export function traceStateOf(header: string | undefined): { traceState?: TraceState } {
  return header === undefined ? {} : { traceState: new OpaqueTraceState(header) }
}

/** A W3C `tracestate` that is passed on as it came; its entries are looked at on demand. */
class OpaqueTraceState implements TraceState {
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  private entries(): string[] {
    return this.text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
  }

  get(key: string): string | undefined {
    return this.entries()
      .find((entry) => entry.startsWith(`${key}=`))
      ?.slice(key.length + 1)
  }

  set(key: string, value: string): TraceState {
    return new OpaqueTraceState([`${key}=${value}`, ...this.without(key)].join(','))
  }

  unset(key: string): TraceState {
    return new OpaqueTraceState(this.without(key).join(','))
  }

  private without(key: string): string[] {
    return this.entries().filter((entry) => !entry.startsWith(`${key}=`))
  }

  serialize(): string {
    return this.text
  }
}
