import type { ComponentChildren, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { StatusJson } from '../query/wire.ts'
import { status } from './api.ts'
import { bytes, count } from './format.ts'
import { usePolled } from './loading.ts'
import { Failure, Waiting } from './notice.tsx'

/** Milliseconds between two looks. */
const EVERY = 2000

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
      <Fact name="On their way">{count(spans.pending)}</Fact>
      <Fact name="Dropped" tone={spans.dropped > 0 ? 'tone-bad' : ''}>
        {count(spans.dropped)}
      </Fact>
      <Fact name="Refused" tone={spans.refused > 0 ? 'tone-warn' : ''}>
        {count(spans.refused)}
      </Fact>
      <Fact name="Timelines kept">{count(now.traces)}</Fact>
      <Fact name="On disk">{bytes(storage.bytes)}</Fact>
      <Fact name="Running since">{new Date(now.startedAt).toLocaleString('en-GB')}</Fact>
    </dl>
  )
}

function Forwarding({ now }: { now: StatusJson }): VNode {
  if (now.forwarding.length === 0) return <p class="muted">Spans are forwarded to nobody else.</p>
  return (
    <table class="plain">
      <caption class="unseen">Where spans are forwarded to</caption>
      <thead>
        <tr>
          <th>Forwarded to</th>
          <th>Sent</th>
          <th>Waiting</th>
          <th>Dropped</th>
          <th>Last error</th>
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

/** How the collector is doing: accepted = stored + dropped + on their way. */
export function StatusPage(): VNode {
  const { data, error } = usePolled(status, EVERY)
  useEffect(() => void (document.title = 'Status · Phaseline'), [])
  if (data === undefined) return error === undefined ? <Waiting what="status" /> : <Failure error={error} />
  return (
    <div class="status-page">
      <h1>Collector {data.version}</h1>
      {error !== undefined && <p class="lost">{error.message}</p>}
      <Facts now={data} />
      <p class="muted">
        Kept in <code>{data.storage.path}</code>
      </p>
      <Forwarding now={data} />
    </div>
  )
}
