import { Liquid } from 'liquidjs'
import type { TemplateEngine } from '../../lifecycle/index.ts'

/** Liquid over templates in memory. What a template prints is escaped. */
export function memoryTemplates(templates: Readonly<Record<string, string>>): TemplateEngine {
  const engine = new Liquid({ templates: { ...templates }, cache: true, outputEscape: 'escape' })
  return {
    render: (name, context, request) => engine.renderFile(name, context, { globals: { request } }) as Promise<string>,
    has: (name) => Object.hasOwn(templates, name),
  }
}
