import { registerHooks } from 'node:module'

const { EXPRESS = 'express', ROUTER = 'router' } = process.env
registerHooks({ resolve: (id, context, next) => next(id === 'router' ? ROUTER : id, context) })

const { default: express } = await import(EXPRESS)
const { default: session } = await import('express-session')
const { default: compression } = await import('compression')
const { default: morgan } = await import('morgan')
const { default: pg } = await import('pg')
const undici = await import('undici')
const { serve } = await import('./delay-server.ts')
await serve({ express, session, compression, morgan, pg, undici })
