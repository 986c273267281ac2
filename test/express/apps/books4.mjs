import { Router } from 'express4'

export const books = Router().get('/:id', (_req, res) => res.send('book'))
