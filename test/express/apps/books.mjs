import { Router } from 'express'

export const books = Router().get('/:id', (_req, res) => res.send('book'))
