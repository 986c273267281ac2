import type { ComponentChildren, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { AlertsJson } from '../query/wire/alerts.ts'
import type { StatusJson } from '../query/wire/status.ts'
import { Targets } from './alerts/page.tsx'
import { AgentTable } from './agents.tsx'
import { status } from './api.ts'
import { bytes, count, duration, moment, roughly } from './format.ts'
import { usePolled, type Loaded } from './loading.ts'
import { Failure, Waiting } from './notice.tsx'

/** Milliseconds between two looks. */
const EVERY = 2000

/** The path of a store that is none. */
const MEMORY = ':memory:'

function Fact({ name, children, tone = '' }: { name: string; children: ComponentChildren; tone?: string }): VNode {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd class={tone}>{children}</dd>
    </div>
  )
}

function Facts({ now }: { now: StatusJson }): VNode {
  const { spans, storage } = now
  return (
    <dl class="facts">
      <Fact name="Spans accepted">{count(spans.accepted)}</Fact>
      <Fact name="Stored">{count(spans.stored)}</Fact>
      <Fact name="Waiting to be stored">{count(spans.pending)}</Fact>
      <Fact name="Dropped" tone={spans.dropped > 0 ? 'tone-bad' : ''}>
        {count(spans.dropped)}
      </Fact>
      <Fact name="Refused" tone={spans.refused > 0 ? 'tone-warn' : ''}>
        {count(spans.refused)}
      </Fact>
      <Fact name="Timelines kept">{count(now.traces)}</Fact>
      <Fact name={storage.path === MEMORY ? 'In memory' : 'On disk'}>{bytes(storage.bytes)}</Fact>
      <Fact name="Delay until seen here" tone={now.lag !== null && now.lag.medianMs > 30_000 ? 'tone-warn' : ''}>
        {now.lag === null ? '–' : duration(now.lag.medianMs * 1e6)}
        {now.lag !== null && <small class="muted"> worst {duration(now.lag.worstMs * 1e6)}</small>}
      </Fact>
    </dl>
  )
}

function Forwarding({ now }: { now: StatusJson }): VNode {
  if (now.forwarding.length === 0)
    return (
      <p class="muted">
        Nowhere. Start the collector with <code>--forward URL</code> to send everything on.
      </p>
    )
  return (
    <table class="plain">
      <caption class="unseen">Where spans are forwarded to</caption>
      <thead>
        <tr>
          <th scope="col">Forwarded to</th>
          <th scope="col">Sent</th>
          <th scope="col">Waiting</th>
          <th scope="col">Dropped</th>
          <th scope="col">Last error</th>
        </tr>
      </thead>
      <tbody>
        {now.forwarding.map((to) => (
          <tr key={to.url}>
            <td class="mono">{to.url}</td>
            <td>{count(to.sent)}</td>
            <td>{count(to.queued)}</td>
            <td class={to.dropped > 0 ? 'tone-bad' : ''}>{count(to.dropped)}</td>
            <td>{to.lastError ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Where a host's clock is, against that of whoever called it. */
function Hosts({ hosts }: { hosts: StatusJson['hosts'] }): VNode {
  if (hosts.length === 0)
    return <p class="muted">Nothing to correct: all requests so far were on one machine, or told nothing of their clocks.</p>
  return (
    <table class="plain">
      <caption class="unseen">Clocks by host</caption>
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">Called by</th>
          <th scope="col">Its clock is</th>
          <th scope="col">Between</th>
          <th scope="col">Confidence</th>
          <th scope="col">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {hosts.map((host) => (
          <tr key={`${host.host} ${host.against}`}>
            <td class="mono said">{host.host}</td>
            <td class="mono said">{host.against}</td>
            <td class={host.offsetNs === '0' ? 'muted' : 'tone-warn'}>{offsetWords(Number(host.offsetNs))}</td>
            <td class="muted">
              {host.lowNs === null || host.highNs === null
                ? '–'
                : `${signed(Number(host.lowNs))} … ${signed(Number(host.highNs))}`}
            </td>
            <td class={host.confidence === 'conflicting' ? 'tone-bad' : ''}>{host.confidence}</td>
            <td class="muted">{roughly(Date.now() - Date.parse(host.at))} ago</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const signed = (ns: number): string => `${ns < 0 ? '−' : '+'}${duration(Math.abs(ns))}`

function offsetWords(ns: number): string {
  if (ns === 0) return 'right, as far as can be told'
  return `${duration(Math.abs(ns))} ${ns > 0 ? 'ahead' : 'behind'}, corrected`
}

interface Props {
  readonly told: Loaded<AlertsJson>
}

/** How the collector is doing: accepted = stored + dropped + on their way. */
export function StatusPage({ told }: Props): VNode {
  const { data, error } = usePolled(status, EVERY)
  useEffect(() => void (document.title = 'Status · Phaseline'), [])
  if (data === undefined) return error === undefined ? <Waiting what="status" /> : <Failure error={error} />
  return (
    <div class="board status-page">
      <h1>
        Collector {data.version}{' '}
        <small class="muted" title={`since ${moment(Date.parse(data.startedAt))}`}>
          running for {roughly(Date.now() - Date.parse(data.startedAt))}
        </small>
      </h1>
      {error !== undefined && <p class="lost">{error.message}</p>}
      <Facts now={data} />
      {data.otlp !== null && (
        <Panel title="Spans are received at">
          <p>
            OTLP/HTTP <code>{data.otlp.http}</code>
            {data.otlp.grpc !== null && (
              <>
                {' '}
                · OTLP/gRPC <code>{data.otlp.grpc}</code>
              </>
            )}
            {data.otlp.token && <span class="muted"> · senders need the collector’s token</span>}
          </p>
        </Panel>
      )}
      <Panel title="What watching costs the apps">
        <AgentTable agents={data.agents} />
      </Panel>
      <Panel title="Clocks">
        <Hosts hosts={data.hosts} />
      </Panel>
      <Panel title="Forwarding">
        <Forwarding now={data} />
      </Panel>
      <Panel title="Alerts are told to">
        {told.data === undefined ? <p class="muted">Alerts are not evaluated here.</p> : <Targets targets={told.data.targets} />}
      </Panel>
      <p class="muted">
        {data.storage.path === MEMORY ? (
          'Kept in memory only: gone when the collector ends'
        ) : (
          <>
            Kept in <code>{data.storage.path}</code>
          </>
        )}
      </p>
    </div>
  )
}

function Panel({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="panel">
      <h2>{title}</h2>
      {children}
    </section>
  )
}
