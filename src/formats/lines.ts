import { readDocument } from './document.ts'
import { isBulkAction } from './jaeger-elastic.ts'
import { together, Unusable, type Reading } from './refusal.ts'
import { parseJson } from './text.ts'

/**
 * Reads a document per line. What cannot be taken is refused by its line.
 * @param first the number of the first line
 * @param cut whether the file ends within the last line
 * @param what they are called
 */
export function readLines(lines: readonly string[], first: number, cut: boolean, what = 'line'): Reading {
  const readings = lines.map((line, at): Reading => {
    if (line.trim() === '') return NOTHING
    const where = `${what} ${first + at}`
    try {
      const document = parseJson(line)
      return isBulkAction(document) ? NOTHING : inLine(where, readDocument(document, '', line))
    } catch (error) {
      return { spans: [], refused: [{ where, reason: reasonOf(error, cut && at === lines.length - 1) }] }
    }
  })
  return together(readings)
}

const NOTHING: Reading = { spans: [], refused: [] }

function inLine(line: string, { spans, refused }: Reading): Reading {
  return { spans, refused: refused.map(({ where, reason }) => ({ where: where === '' ? line : `${line}: ${where}`, reason })) }
}

function reasonOf(error: unknown, cut: boolean): string {
  if (error instanceof Unusable) return error.message
  if (!(error instanceof SyntaxError)) throw error
  return cut ? `no JSON: the file ends here, it is cut off (${error.message})` : `no JSON: ${error.message}`
}
