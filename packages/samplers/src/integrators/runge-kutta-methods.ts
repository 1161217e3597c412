import type { RungeKutta } from './runge-kutta.js';

/** A method as the value of a function without side effects, so that bundlers leave out those that a page does not use. */
function method(tableau: () => RungeKutta): RungeKutta {
  return tableau();
}

/** Euler's method: one evaluation a step, order 1. */
export const euler: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'euler',
  order: 1,
  nodes: [0],
  stages: [],
  weights: [1],
}));

/** Heun's method (the explicit trapezoid rule) with Euler's for an error estimate: two evaluations a step, order 2(1). */
export const heun: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'heun',
  order: 2,
  nodes: [0, 1],
  stages: [[1]],
  weights: [1 / 2, 1 / 2],
  errorWeights: [-1 / 2, 1 / 2],
  embeddedOrder: 1,
}));

/** The classical Runge-Kutta method: four evaluations a step, order 4, no error estimate. */
export const rungeKutta4: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'rungeKutta4',
  order: 4,
  nodes: [0, 1 / 2, 1 / 2, 1],
  stages: [[1 / 2], [0, 1 / 2], [0, 0, 1]],
  weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
}));

/**
 * The pair of Bogacki and Shampine: three evaluations a step, order 3(2).
 *
 * @see Bogacki and Shampine, "A 3(2) pair of Runge-Kutta formulas", 1989, https://doi.org/10.1016/0893-9659(89)90079-7
 */
export const bosh3: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'bosh3',
  order: 3,
  nodes: [0, 1 / 2, 3 / 4, 1],
  stages: [[1 / 2], [0, 3 / 4], [2 / 9, 1 / 3, 4 / 9]],
  weights: [2 / 9, 1 / 3, 4 / 9, 0],
  errorWeights: [2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8],
  embeddedOrder: 2,
}));

const dopri5Weights = (): number[] => [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84];
const dopri5Embedded = (): number[] => [5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40];

/**
 * The pair of Dormand and Prince, the workhorse: six evaluations a step, order 5(4).
 *
 * @see Dormand and Prince, "A family of embedded Runge-Kutta formulae", 1980, https://doi.org/10.1016/0771-050X(80)90013-3
 */
export const dopri5: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'dopri5',
  order: 5,
  nodes: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  stages: [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    dopri5Weights(),
  ],
  weights: [...dopri5Weights(), 0],
  errorWeights: dopri5Embedded().map((b, i) => (dopri5Weights()[i] ?? 0) - b),
  embeddedOrder: 4,
}));

const dopri8Weights = (): number[] => [
  14005451 / 335480064,
  0,
  0,
  0,
  0,
  -59238493 / 1068277825,
  181606767 / 758867731,
  561292985 / 797845732,
  -1041891430 / 1371343529,
  760417239 / 1151165299,
  118820643 / 751138087,
  -528747749 / 2220607170,
  1 / 4,
];
const dopri8Embedded = (): number[] => [
  13451932 / 455176623,
  0,
  0,
  0,
  0,
  -808719846 / 976000145,
  1757004468 / 5645159321,
  656045339 / 265891186,
  -3867574721 / 1518517206,
  465885868 / 322736535,
  53011238 / 667516719,
  2 / 45,
  0,
];

/**
 * The pair RK8(7)13M of Prince and Dormand, for small tolerances: thirteen evaluations a step, order 8(7).
 *
 * @see Prince and Dormand, "High order embedded Runge-Kutta formulae", 1981, https://doi.org/10.1016/0771-050X(81)90010-3
 */
export const dopri8: RungeKutta = /* @__PURE__ */ method(() => ({
  name: 'dopri8',
  order: 8,
  nodes: [
    0,
    1 / 18,
    1 / 12,
    1 / 8,
    5 / 16,
    3 / 8,
    59 / 400,
    93 / 200,
    5490023248 / 9719169821,
    13 / 20,
    1201146811 / 1299019798,
    1,
    1,
  ],
  stages: [
    [1 / 18],
    [1 / 48, 1 / 16],
    [1 / 32, 0, 3 / 32],
    [5 / 16, 0, -75 / 64, 75 / 64],
    [3 / 80, 0, 0, 3 / 16, 3 / 20],
    [29443841 / 614563906, 0, 0, 77736538 / 692538347, -28693883 / 1125000000, 23124283 / 1800000000],
    [
      16016141 / 946692911,
      0,
      0,
      61564180 / 158732637,
      22789713 / 633445777,
      545815736 / 2771057229,
      -180193667 / 1043307555,
    ],
    [
      39632708 / 573591083,
      0,
      0,
      -433636366 / 683701615,
      -421739975 / 2616292301,
      100302831 / 723423059,
      790204164 / 839813087,
      800635310 / 3783071287,
    ],
    [
      246121993 / 1340847787,
      0,
      0,
      -37695042795 / 15268766246,
      -309121744 / 1061227803,
      -12992083 / 490766935,
      6005943493 / 2108947869,
      393006217 / 1396673457,
      123872331 / 1001029789,
    ],
    [
      -1028468189 / 846180014,
      0,
      0,
      8478235783 / 508512852,
      1311729495 / 1432422823,
      -10304129995 / 1701304382,
      -48777925059 / 3047939560,
      15336726248 / 1032824649,
      -45442868181 / 3398467696,
      3065993473 / 597172653,
    ],
    [
      185892177 / 718116043,
      0,
      0,
      -3185094517 / 667107341,
      -477755414 / 1098053517,
      -703635378 / 230739211,
      5731566787 / 1027545527,
      5232866602 / 850066563,
      -4093664535 / 808688257,
      3962137247 / 1805957418,
      65686358 / 487910083,
    ],
    [
      403863854 / 491063109,
      0,
      0,
      -5068492393 / 434740067,
      -411421997 / 543043805,
      652783627 / 914296604,
      11173962825 / 925320556,
      -13158990841 / 6184727034,
      3936647629 / 1978049680,
      -160528059 / 685178525,
      248638103 / 1413531060,
      0,
    ],
  ],
  weights: dopri8Weights(),
  errorWeights: dopri8Weights().map((b, i) => b - (dopri8Embedded()[i] as number)),
  embeddedOrder: 7,
}));
