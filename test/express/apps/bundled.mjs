// To be bundled with its Express; `phaseline` stays outside. Each layer without a name is to be called by its line here.
import { wrap } from 'phaseline/wrap'
import { serve } from 'phaseline/serve'
import express from 'express'

const app = wrap(express())
app.use((_req, _res, next) => next()) // first
app.use((_req, _res, next) => next()) // second
const router = express.Router()
router.get(
  '/:id',
  (_req, _res, next) => next(), // guard
  (_req, res) => res.send('x'),
)
app.use('/books', router)

const served = await serve(app)
await served.get('/books/7')
console.log(JSON.stringify(served.record.phases().map(({ name }) => name)))
await served.close()
