import { describe, expect, it } from 'vitest';
import { replicaFlow } from './replica-flow.js';
import { temperingLadder } from './tempering-ladder.js';

/** Three replicas on three rungs: replica 0 goes from the target to the hottest rung and back. */
const steps = [
  [0, 1, 2],
  [1, 0, 2],
  [1, 2, 0],
  [1, 0, 2],
  [0, 1, 2],
];
const flow = replicaFlow(steps.flat(), 5, 3);

describe('replicaFlow', () => {
  it('follows each replica over the rungs', () => {
    expect(flow.rungs[0]).toEqual(Float64Array.of(0, 1, 2, 1, 0));
    expect(flow.rungs[2]).toEqual(Float64Array.of(2, 2, 1, 2, 2));
  });

  it('counts a round trip when the replica is back at the target', () => {
    expect(flow.trips).toEqual(Float64Array.of(0, 0, 0, 0, 1));
  });

  it('counts no trip of a replica that started at the hottest rung', () => {
    const down = replicaFlow([0, 1, 0, 1, 1, 0, 0, 1], 4, 2);
    expect(down.trips).toEqual(Float64Array.of(0, 0, 0, 1));
    expect(down.rungs[1]).toEqual(Float64Array.of(1, 1, 0, 1));
  });

  it('says at each rung which share was at the target last', () => {
    // Rung 1: replica 0 from the target, replica 2 and then 0 from the hottest, replica 1 from the target; at first 1 is unknown.
    expect(flow.fractions).toEqual(Float64Array.of(1, 2 / 4, 0));
  });
});

describe('temperingLadder', () => {
  const replicas = { data: steps.flat(), shape: [5, 3] };

  it('leaves out panels whose data were not given', () => {
    const betas = [1, 0.5, 0.1];
    expect(temperingLadder({ betas, acceptance: [0.5, 0.2] }).svg).not.toContain('Round trips');
    const picture = temperingLadder({ betas, replicas });
    expect(picture.svg).toContain('Round trips');
    expect(picture.svg).toContain('>1 in all<');
    expect(picture.svg).not.toContain('Swaps accepted');
    expect(picture.description).toBe('Tempering ladder of 3 rungs, 1 round trip in 5 steps');
  });

  it('draws the same for a ladder that is counted from the hottest rung', () => {
    const rising = { data: steps.flatMap((step) => step.toReversed()), shape: [5, 3] };
    const [down, up] = [
      temperingLadder({ betas: [1, 0.5, 0.1], acceptance: [0.5, 0.2], replicas }),
      temperingLadder({ betas: [0.1, 0.5, 1], acceptance: [0.2, 0.5], replicas: rising }),
    ];
    expect(up.svg).toBe(down.svg);
    expect(temperingLadder({ betas: [0.1, 0.5, 1], replicas }).svg).not.toBe(down.svg);
  });

  it('adds up the round trips of several chains', () => {
    const still = steps.map(() => steps[0] as number[]);
    const both = steps.flatMap((step, i) => [...step, ...(still[i] as number[])]);
    const { description } = temperingLadder({ betas: [1, 0.5, 0.1], replicas: { data: both, shape: [5, 2, 3] } });
    expect(description).toBe('Tempering ladder of 3 rungs, 1 round trip in 5 steps');
    const twice = steps.flatMap((step) => [...step, ...step]);
    const { description: more } = temperingLadder({
      betas: [1, 0.5, 0.1],
      replicas: { data: twice, shape: [5, 2, 3] },
    });
    expect(more).toBe('Tempering ladder of 3 rungs, 2 round trips in 5 steps');
  });

  it.each([
    [{ betas: [1] }, 'betas must have at least 2 rungs, got 1'],
    [{ betas: [1, 0.5] }, 'acceptance, replicas or both are required, got neither'],
    [{ betas: [1, 0.5], acceptance: [0.1, 0.2] }, 'acceptance must have 1 shares for 2 rungs, got 2'],
    [{ betas: [1, 0.5], replicas }, 'replicas must have the shape [steps, 2] or [steps, chains, 2], got [5, 3]'],
    [{ betas: [1, 0.5], replicas: { data: [0, 1, 1, 1], shape: [2, 2] } }, 'step 1 has 1 of them'],
  ])('refuses what does not fit: %j', (options, message) => {
    expect(() => temperingLadder(options)).toThrow(message);
  });
});
