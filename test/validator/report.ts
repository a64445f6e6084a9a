/** One scenario, as the validator reports it. */
interface Scenario {
  readonly name: string;
  readonly validationResult: 'SUCCESS' | 'WARNING' | 'FAILED';
  readonly errors: readonly { readonly message: string }[];
}

/** One flow of the validator. */
export interface Flow {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
}

/** Whether every scenario passed, without a warning. */
export function allPassed(flows: readonly Flow[]): boolean {
  return flows.length > 0 && flows.every(({ scenarios }) => scenarios.every(hasPassed));
}

/** A line for each flow and, below it, what the validator says of each scenario that did not pass. */
export function report(title: string, flows: readonly Flow[]): string {
  const scenarios = flows.flatMap((flow) => flow.scenarios);
  return [
    `${title}: ${scenarios.filter(hasPassed).length} of ${scenarios.length} scenarios pass`,
    ...flows.flatMap(flowLines),
  ].join('\n');
}

function flowLines({ name, scenarios }: Flow): string[] {
  return [
    `  ${name}: ${scenarios.filter(hasPassed).length}/${scenarios.length}`,
    ...scenarios
      .filter((scenario) => !hasPassed(scenario))
      .flatMap((scenario) => [
        `    ${scenario.validationResult}: ${scenario.name}`,
        ...new Set(scenario.errors.map(({ message }) => `      ${message}`)),
      ]),
  ];
}

function hasPassed({ validationResult }: Scenario): boolean {
  return validationResult === 'SUCCESS';
}
