// An ordinary app over TLS, for `phaseline run`. Its handshakes take 20 ms, so that nginx, which counts in ms, has a connect phase.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import express from 'express'
import { selfSigned } from '../../src/proxy/certificate.ts'

const app = express()
app.use(function session(_request, _response, next: () => void) {
  setTimeout(next, 10)
})
app.get('/{*path}', (_request, response) => void response.send('from the app'))

const certificate = await selfSigned()
const context = createSecureContext(certificate)
const server = createServer({ ...certificate, SNICallback: (_name, done) => void setTimeout(() => done(null, context), 20) }, app)
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
