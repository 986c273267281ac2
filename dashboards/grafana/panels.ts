/** The kinds of panels that the dashboards are made of: the same look everywhere. */
import {
  BigValueColorMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  StackingConfigBuilder,
  StackingMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Threshold,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'

const SOURCE = { type: 'prometheus', uid: '${source}' }

/** A query; every one is run against a real Prometheus in the tests. @param traces whether its exemplars are shown */
export function query(expr: string, legend: string, traces = false): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(SOURCE).exemplar(traces)
}

type Unit = 's' | 'percentunit' | 'reqps' | 'short' | 'bytes' | 'suffix: spans/s' | 'suffix: /s'

/** Nothing but zeros is a line at the foot of a scale up to this, not up to a hundred. */
const SOFT: Partial<Record<Unit, number>> = { s: 0.001, percentunit: 0.01, bytes: 1024, short: 0.1 }

/** Lines over time, the highest first in the legend: what is worst is read first, however many there are. */
export function graph(title: string, unit: Unit, description: string, ...queries: DataqueryBuilder[]): TimeSeries {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(['max', 'lastNotNull'])
    .sortBy('Max')
    .sortDesc(true)
  const panel = new TimeSeries()
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .axisSoftMax(SOFT[unit] ?? 1)
    .span(12)
    .height(10)
    .showPoints(VisibilityMode.Never)
    .lineWidth(2)
    .fillOpacity(6)
    .legend(legend)
    .datasource(SOURCE)
  return queries.reduce((made, one) => made.withTarget(one), panel)
}

/** Durations between microseconds and minutes in one picture: each step up is ten times as long. */
export function durations(title: string, description: string, ...queries: DataqueryBuilder[]): TimeSeries {
  const scale = new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10)
  return graph(title, 's', description, ...queries)
    .min(1e-5)
    .scaleDistribution(scale)
    .fillOpacity(0)
}

/** Shares of a whole, one above the other. */
export function stacked(panel: TimeSeries): TimeSeries {
  return panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A')).lineWidth(1).fillOpacity(60)
}

/** What is over the limit is red; a dashed line shows where that is. */
export function limited(panel: TimeSeries, limit: number): TimeSeries {
  return panel
    .thresholds(limitAt(limit))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
}

function limitAt(limit: number): ThresholdsConfigBuilder {
  const steps: Threshold[] = [
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}

/** One number, red from `limit` on, where there is one. */
export function figure(title: string, unit: Unit, description: string, expr: string, limit?: number): Stat {
  const colour = new FieldColorBuilder()
  const panel = new Stat()
    .title(title)
    .description(description)
    .unit(unit)
    .span(6)
    .height(4)
    .colorMode(BigValueColorMode.Value)
    .datasource(SOURCE)
    .withTarget(query(expr, ''))
  if (limit === undefined) return panel.colorScheme(colour.mode(FieldColorModeId.Fixed).fixedColor('blue'))
  return panel.colorScheme(colour.mode(FieldColorModeId.Thresholds)).thresholds(limitAt(limit))
}

/** The newest values as bars. @param columns labels in order @param value what the figure is called @param limit from where on it is red */
export function table(
  title: string,
  unit: Unit,
  description: string,
  expr: string,
  { columns, value, limit }: { columns: readonly string[]; value: string; limit: number },
): Table {
  const order = [...columns, 'Value'].map((name, place) => [name, place])
  return new Table()
    .title(title)
    .description(description)
    .span(12)
    .height(10)
    .datasource(SOURCE)
    .withTarget(
      new DataqueryBuilder()
        .expr(expr)
        .datasource(SOURCE)
        .instant()
        .format('table' as never),
    )
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, __name__: true, phase: true },
        indexByName: Object.fromEntries(order),
        renameByName: { Value: value },
      },
    })
    .overrideByName(value, [
      { id: 'unit', value: unit },
      { id: 'min', value: 0 },
      { id: 'thresholds', value: limitAt(limit).build() },
      { id: 'color', value: { mode: 'thresholds' } },
      { id: 'custom.displayMode', value: 'basic' },
      { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic' } },
    ])
}

/** A dashboard of rows, with a choice of services and links to its sisters. */
export function dashboard(
  uid: string,
  title: string,
  description: string,
  rows: Record<string, readonly (TimeSeries | Stat | Table)[]>,
): DashboardBuilder {
  const made = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['phaseline'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Phaseline')
        .type(DashboardLinkType.Dashboards)
        .tags(['phaseline'])
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder('source').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('service')
        .label('Service')
        .datasource(SOURCE)
        .query('label_values(phaseline_phase_self_seconds_count, service)')
        .includeAll(true)
        .multi(true)
        .allValue('.*'),
    )
  // Ids are written down: links to a panel go on leading to it.
  let id = 0
  for (const [name, panels] of Object.entries(rows)) {
    made.withRow(new RowBuilder(name).id(++id))
    for (const panel of panels) made.withPanel(panel.id(++id))
  }
  return made
}

/** A quantile of the self time of phases; none where nothing happened (that would be NaN, the first in every legend). @param by labels that are kept apart @param select a label selector */
export const quantile = (q: number, by: string, select: string): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(phaseline_phase_self_seconds_bucket{${select}}[$__rate_interval]))) > 0`
