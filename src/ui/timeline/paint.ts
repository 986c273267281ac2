import { PHASE_ORDER, phaseLook } from '../phases.ts'
import { laneOrder, lanePieces } from './lane-pieces.ts'
import type { Trace } from './trace.ts'

/** Pixels: a lane, and the space below it; the stylesheet's figures. */
export const LANE = 16
export const LANE_GAP = 3

/** Phases whose own time is waiting for somebody below: painted pale, so that work stands out. */
const PALE = new Set(['client', 'client.ttfb', 'proxy', 'proxy.wait', 'gateway', 'handler'])

/** What the stylesheet makes of each phase's class: a canvas knows no variables. */
function colours(near: HTMLElement): ReadonlyMap<string, string> {
  const probe = near.appendChild(document.createElement('i'))
  const found = PHASE_ORDER.map((id) => {
    probe.className = phaseLook(id).className
    probe.style.color = 'var(--phase)'
    // Also where the system forces its colours: these are a picture's.
    probe.style.setProperty('forced-color-adjust', 'none')
    return [id, getComputedStyle(probe).color] as const
  })
  probe.remove()
  return new Map(found)
}

/** Paints the lanes: each span's own time in its phase's colour. What is thinner than a pixel is one pixel wide. */
export function paintLanes(canvas: HTMLCanvasElement, trace: Trace): void {
  const { width, height } = canvas.getBoundingClientRect()
  const scale = window.devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const brush = canvas.getContext('2d')
  if (brush === null || width === 0) return
  brush.scale(scale, scale)
  const palette = colours(canvas.parentElement as HTMLElement)
  const pixel = trace.total / width
  const pieces = lanePieces(trace, pixel)
  laneOrder(trace).forEach((lane, row) => {
    for (const [start, end, span] of pieces[lane] ?? []) {
      const phase = phaseLook(trace.phase(span)).id
      brush.fillStyle = palette.get(phase) ?? 'gray'
      brush.globalAlpha = PALE.has(phase) ? 0.35 : 1
      brush.fillRect(start / pixel, row * (LANE + LANE_GAP), Math.max(1, (end - start) / pixel), LANE)
    }
  })
}
