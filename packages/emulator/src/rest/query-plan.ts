import type { BoundQuery } from './soql/run-query.ts';

/** The answer to `explain=`: one plan, a scan of the whole object, which is what the emulator would mostly do. */
export function queryPlan(bound: BoundQuery, source: string): unknown {
  const { schema } = bound.scope.source;
  return {
    plans: [
      {
        cardinality: bound.records().length,
        fields: [],
        leadingOperationType: 'TableScan',
        notes: [],
        relativeCost: 1,
        sobjectCardinality: [...bound.scope.source.all()].length,
        sobjectType: schema.name,
      },
    ],
    sourceQuery: source,
  };
}
