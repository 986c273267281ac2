const { registerHooks } = require('node:module')

const { EXPRESS = 'express', ROUTER = 'router' } = process.env
registerHooks({ resolve: (id, context, next) => next(id === 'router' ? ROUTER : id, context) })

const packages = {
  express: require(EXPRESS),
  session: require('express-session'),
  compression: require('compression'),
  morgan: require('morgan'),
  pg: require('pg'),
  undici: require('undici'),
}
void require('./delay-server.ts').serve(packages)
