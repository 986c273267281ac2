/** A switch that the page shows: the demo's traffic, its slow middleware. */
export interface ControlJson {
  id: string
  label: string
  on: boolean
}

export interface ControlsJson {
  controls: ControlJson[]
}
