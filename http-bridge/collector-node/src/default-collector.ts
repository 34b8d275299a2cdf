// SPDX-License-Identifier: GPL-3.0-or-later
import { PerformanceCollector } from './collector.js';
import { sharedState } from './shared-state.js';
import type { Layer } from './vocabulary.js';

/** The collector of this process for a layer, for those who do not make one: set up by the environment. */
export function defaultCollector(layer: Layer): PerformanceCollector {
  const collectors = sharedState('default-collectors', () => new Map<Layer, PerformanceCollector>());
  let collector = collectors.get(layer);
  if (collector === undefined) collectors.set(layer, collector = new PerformanceCollector({ layer }));
  return collector;
}
