import type { VNode } from 'preact'
import type { AgentJson } from '../query/wire/status.ts'
import { count, duration, roughly } from './format.ts'

const WORKS: Readonly<Record<string, string>> = {
  encode: 'making spans',
  measure: 'histograms',
  send: 'sending',
}

function workWords({ work }: AgentJson): string {
  return Object.entries(work)
    .map(([name, ns]) => `${WORKS[name] ?? name} ${duration(Number(ns))}`)
    .join(', ')
}

function Row({ agent }: { agent: AgentJson }): VNode {
  const { perRequestNs, spansPerRequest, dropped, waiting, errors } = agent
  return (
    <tr>
      <th scope="row">
        <b>{agent.service}</b>{' '}
        <small class="muted">
          {agent.host}
          {agent.pid !== null && ` · ${agent.pid}`}
        </small>
      </th>
      <td class="number" title={perRequestNs === null ? 'Every 16th request is measured: said after 320' : workWords(agent)}>
        {perRequestNs === null ? <span class="muted">too early</span> : <b>{duration(Number(perRequestNs))}</b>}
      </td>
      <td class="muted works">{workWords(agent)}</td>
      <td class="number">{spansPerRequest === null ? '–' : spansPerRequest.toFixed(1)}</td>
      <td class="number">{count(agent.spans)}</td>
      <td class="number">{count(waiting)}</td>
      <td class={dropped > 0 ? 'number tone-bad' : 'number'}>{count(dropped)}</td>
      <td class={errors > 0 ? 'number tone-warn' : 'number'}>{count(errors)}</td>
      <td class="number muted">{roughly(Date.now() - Date.parse(agent.at))} ago</td>
    </tr>
  )
}

/** What the agent costs each process that says so. */
export function AgentTable({ agents }: { agents: readonly AgentJson[] }): VNode {
  if (agents.length === 0) {
    return (
      <p class="muted">
        Apps tell what watching costs them once they send metrics: start them with <code>OTEL_METRICS_EXPORTER=otlp</code>.
      </p>
    )
  }
  return (
    <>
      <table class="plain agents">
        <caption class="unseen">The agent’s own cost by process</caption>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col" class="number">
              Time per request
            </th>
            <th scope="col" class="works">
              Made up of
            </th>
            <th scope="col" class="number">
              Spans per request
            </th>
            <th scope="col" class="number">
              Spans
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="number">
              Dropped
            </th>
            <th scope="col" class="number">
              Failed posts
            </th>
            <th scope="col" class="number">
              Last report
            </th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <Row key={`${agent.service} ${agent.host} ${agent.pid}`} agent={agent} />
          ))}
        </tbody>
      </table>
      <p class="muted">
        Time that the agent took for its own work after each request, of its latest reports. Writing down times while a request
        runs is not in it.
      </p>
    </>
  )
}
