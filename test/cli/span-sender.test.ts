import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { SpanSender } from '../../src/cli/span-sender.ts'
import { readFileOfSpans } from '../../src/formats/read.ts'
import type { Span } from '../../src/model/span.ts'

let server: Server
afterEach(() => server.close())

/** An OTLP endpoint that answers each request with the next of these. @returns where it is, and what it was sent */
async function endpoint(...answers: { status?: number; type?: string; body?: Uint8Array | string }[]) {
  const sent: { bytes: number; authorization: string | undefined }[] = []
  server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => {
      const { status = 200, type = 'application/x-protobuf', body = '' } = answers[sent.length] ?? {}
      sent.push({ bytes, authorization: request.headers.authorization })
      response.writeHead(status, { 'content-type': type, 'retry-after': '0' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`), sent }
}

const spans = (count: number, text = ''): Span[] =>
  readFileOfSpans(
    'f',
    Buffer.from(
      JSON.stringify(Array.from({ length: count }, (_, at) => ({ traceId: 'a', id: `${at + 1}`, name: 'x', tags: { text } }))),
    ),
  ).spans

/** `message` of a google.rpc.Status, or `error_message` of a partial success. */
const text = (words: string): Buffer => Buffer.concat([Buffer.from([0x12, words.length]), Buffer.from(words)])

test('counts what was taken and says why the rest was not', async () => {
  const partial = Buffer.concat([Buffer.from([0x08, 1]), text('no id')])
  const { url } = await endpoint({ body: Buffer.concat([Buffer.from([0x0a, partial.length]), partial]) })
  const sender = new SpanSender(url)
  expect(await sender.send(spans(3))).toEqual([`refused by ${url.origin}: 1 spans: no id`])
  expect([sender.sent, sender.rejected]).toEqual([2, 1])
})

test('a refusal in protobuf is said in its words; the next spans are sent all the same', async () => {
  const { url } = await endpoint({ status: 400, body: Buffer.concat([Buffer.from([0x08, 3]), text('nothing in it')]) })
  const sender = new SpanSender(url)
  expect(await sender.send(spans(2))).toEqual([`refused by ${url.origin}: 2 spans: nothing in it`])
  expect(await sender.send(spans(1))).toEqual([])
  expect([sender.sent, sender.rejected]).toEqual([1, 2])
})

test('comes again when it is asked to wait, with its token', async () => {
  const { url, sent } = await endpoint({ status: 503 }, {})
  await new SpanSender(url, 'secret').send(spans(1))
  expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer secret', 'Bearer secret'])
})

test('what is too large for one request is sent in several', async () => {
  const { url, sent } = await endpoint()
  const sender = new SpanSender(url)
  await sender.send(spans(4, 'x'.repeat(3_000_000)))
  expect(sent.map(({ bytes }) => Math.round(bytes / 1e6))).toEqual([6, 6])
  expect(sender.sent).toBe(4)
})

test('an endpoint that wants something else ends it, in a sentence', async () => {
  const { url } = await endpoint({ status: 401, type: 'text/plain', body: 'a token, please' })
  await expect(new SpanSender(url).send(spans(1))).rejects.toThrow(`${url.href} answered 401: a token, please`)
})
