import type { ComponentChildren, VNode } from 'preact'
import type { StatusJson } from '../../query/wire/status.ts'
import { status } from '../api.ts'
import { Copy } from '../copy.tsx'
import { NO_FILTER, type Filter } from '../filter.ts'
import { plural } from '../format.ts'
import { hrefOf } from '../location.ts'
import { usePolled } from '../loading.ts'
import { Notice } from '../notice.tsx'

/** Milliseconds between two looks at what came: refused spans are said here. */
const EVERY = 5000

/** No request that was kept is like what is asked for. */
export function NoneFits({ filter }: { filter: Filter }): VNode {
  const wider = { ...NO_FILTER, q: filter.q }
  const others = hrefOf({ page: 'requests', filter: wider }) !== hrefOf({ page: 'requests', filter })
  return (
    <Notice title="No request fits">
      <p>Nothing that was kept matches all of the fields above. New requests that do appear here by themselves.</p>
      <p>
        {filter.q !== '' && others && (
          <>
            <a class="button" href={hrefOf({ page: 'requests', filter: wider })}>
              Search for “{filter.q}” alone
            </a>{' '}
          </>
        )}
        <a class="button" href="/">
          Show all requests
        </a>
      </p>
    </Notice>
  )
}

/** Where the page is seen from, a collector that listens everywhere is under the page's own name. */
function reachable(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:)/, `//${location.hostname}`)
}

function Step({ title, code, children }: { title: string; code: string; children?: ComponentChildren }): VNode {
  return (
    <li>
      <h3>{title}</h3>
      <div class="command">
        <code>{code}</code> <Copy text={code} what="command" />
      </div>
      {children !== undefined && <p>{children}</p>}
    </li>
  )
}

/** What to type, with the addresses of this very collector. */
function Steps({ now }: { now: StatusJson | undefined }): VNode {
  const { http = 'http://127.0.0.1:4318', grpc = null, token = false } = now?.otlp ?? {}
  const to = reachable(http)
  const secret = token ? "OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer TOKEN' " : ''
  return (
    <ol class="steps">
      <Step
        title="A Node app, as it is"
        code={`${secret}OTEL_EXPORTER_OTLP_ENDPOINT=${to} node --import phaseline/register app.js`}
      >
        or <code>npx phaseline run --to {to} app.js</code>
      </Step>
      <Step title="Anything with an OpenTelemetry SDK" code={`${secret}OTEL_EXPORTER_OTLP_ENDPOINT=${to}`}>
        OTLP/HTTP at <code>{to}/v1/traces</code>
        {grpc === null ? (
          ', as protobuf or JSON'
        ) : (
          <>
            , OTLP/gRPC at <code>{reachable(grpc)}</code>
          </>
        )}
        {token && '. The token is what the collector was started with'}
      </Step>
      <Step title="One request, to try it" code={`npx phaseline get --to ${to} --page ${location.origin} https://example.com/`} />
    </ol>
  )
}

/** Nothing ever came: what to do, with the addresses to send to. */
export function NothingYet(): VNode {
  const { data } = usePolled(status, EVERY)
  const refused = data?.spans.refused ?? 0
  return (
    <Notice title="No requests yet">
      <p>The collector is running and waits for spans. A request appears here the moment it ends. To send some:</p>
      <Steps now={data} />
      {refused > 0 && (
        <p class="tone-warn">{plural(refused, 'span')} came and could not be taken: the collector’s terminal says why.</p>
      )}
    </Notice>
  )
}
