/** Standard normal distribution function, relative accuracy 1e-15 also in the lower tail. */
export const cumulative = (x: number): number => complement(-x / Math.SQRT2) / 2;

/** The complementary error function: the rational approximations of W. J. Cody as fdlibm (Sun, 1993) divides the line. */
function complement(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) {
    const ratio = quotient(x * x, SMALL_TOP, SMALL_BOTTOM);
    return x < 0.25 ? 1 - (x + x * ratio) : 0.5 - (x * ratio + (x - 0.5));
  }
  if (size < 1.25) {
    const ratio = quotient(size - 1, NEAR_TOP, NEAR_BOTTOM);
    return x >= 0 ? 1 - NEAR_ONE - ratio : 1 + (NEAR_ONE + ratio);
  }
  if (x < -6) return 2;
  if (x > 28) return 0;
  const inverse = 1 / (size * size);
  const ratio = size < 1 / 0.35 ? quotient(inverse, MIDDLE_TOP, MIDDLE_BOTTOM) : quotient(inverse, FAR_TOP, FAR_BOTTOM);
  // The square of a single is exact, so exp(-x²) loses nothing for large x.
  const single = Math.fround(size);
  const tail = (Math.exp(-single * single - 0.5625) * Math.exp((single - size) * (single + size) + ratio)) / size;
  return x > 0 ? tail : 2 - tail;
}

function quotient(x: number, top: readonly number[], bottom: readonly number[]): number {
  return polynomial(x, top) / polynomial(x, bottom);
}

function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let index = coefficients.length - 1; index >= 0; index -= 1) value = value * x + (coefficients[index] as number);
  return value;
}

const NEAR_ONE = 0.8450629115104675;
const SMALL_TOP = [0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442, -2.3763016656650163e-5];
const SMALL_BOTTOM = [1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164, -3.960228278775368e-6];
const NEAR_TOP = [
  -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668, 0.035478304325618236,
  -0.002166375594868791,
];
const NEAR_BOTTOM = [
  1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905, 0.011984499846799107,
];
const MIDDLE_TOP = [
  -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347, -184.60509290671104,
  -81.2874355063066, -9.814329344169145,
];
const MIDDLE_BOTTOM = [
  1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783, 108.63500554177944,
  6.570249770319282, -0.0604244152148581,
];
const FAR_TOP = [
  -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896, -1025.0951316110772,
  -483.5191916086514,
];
const FAR_BOTTOM = [
  1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644, 474.52854120695537,
  -22.44095244658582,
];

/**
 * P(X <= h, Y <= k) for standard normals with correlation r, |r| < 1: Drezner and Wesolowsky (J. Statist. Comput. Simul.
 * 35, 1990) as arranged by Genz. The ancestor's image library applies one term of the branch for |r| >= 0.925 where its
 * exponent exceeds 100, which never happens, instead of -100; so does this.
 */
export function bivariate(h: number, k: number, r: number): number {
  const dh = -h;
  let dk = -k;
  let hk = dh * dk;
  const { points, weights } = quadrature(Math.abs(r));
  if (Math.abs(r) < 0.925) {
    const half = (dh * dh + dk * dk) / 2;
    const angle = Math.asin(r);
    let total = 0;
    points.forEach((point, index) => {
      for (const side of [1 - point, 1 + point]) {
        const sine = Math.sin((angle * side) / 2);
        total += (weights[index] as number) * Math.exp((sine * hk - half) / (1 - sine * sine));
      }
    });
    return (angle * total) / (4 * Math.PI) + cumulative(-dh) * cumulative(-dk);
  }

  if (r < 0) {
    dk = -dk;
    hk = -hk;
  }
  const rest = (1 - r) * (1 + r);
  const root = Math.sqrt(rest);
  const square = (dh - dk) * (dh - dk);
  const gap = Math.sqrt(square);
  const eighth = (4 - hk) / 8;
  const sixteenth = (12 - hk) / 16;
  let value = 0;
  if (hk > -100) {
    const tail = Math.sqrt(2 * Math.PI) * cumulative(-gap / root);
    value -= Math.exp(-hk / 2) * tail * gap * (1 - (eighth * square * (1 - (sixteenth * square) / 5)) / 3);
  }
  for (const side of [-1, 1]) {
    points.forEach((point, index) => {
      const step = (root / 2) * (1 + side * point);
      const xs = step * step;
      const rs = Math.sqrt(1 - xs);
      const exponent = -(square / xs + hk) / 2;
      if (!(exponent > -100)) return;
      const series = 1 + eighth * xs * (1 + sixteenth * xs);
      const exact = Math.exp((-hk * (1 - rs)) / (2 * (1 + rs))) / rs;
      value += (root / 2) * (weights[index] as number) * Math.exp(exponent) * (exact - series);
    });
  }
  value /= -2 * Math.PI;
  return r > 0 ? value + cumulative(-Math.max(dh, dk)) : -value + Math.max(0, cumulative(-dh) - cumulative(-dk));
}

/** Half of the Gauss-Legendre rule of 6, 12 or 20 points. */
function quadrature(r: number): { points: readonly number[]; weights: readonly number[] } {
  if (r < 0.3) return LEGENDRE_6;
  return r < 0.75 ? LEGENDRE_12 : LEGENDRE_20;
}

const LEGENDRE_6 = {
  points: [0.9324695142031522, 0.6612093864662647, 0.238619186083197],
  weights: [0.1713244923791705, 0.3607615730481384, 0.4679139345726904],
};
const LEGENDRE_12 = {
  points: [0.9815606342467191, 0.904117256370475, 0.769902674194305, 0.5873179542866171, 0.3678314989981802, 0.1252334085114692],
  weights: [0.04717533638651177, 0.1069393259953183, 0.1600783285433464, 0.2031674267230659, 0.2334925365383547, 0.2491470458134029],
};
const LEGENDRE_20 = {
  points: [
    0.9931285991850949, 0.9639719272779138, 0.912234428251326, 0.8391169718222188, 0.7463319064601508, 0.636053680726515,
    0.5108670019508271, 0.3737060887154196, 0.2277858511416451, 0.07652652113349732,
  ],
  weights: [
    0.01761400713915212, 0.04060142980038694, 0.06267204833410905, 0.08327674157670475, 0.1019301198172404, 0.1181945319615184,
    0.1316886384491766, 0.1420961093183821, 0.1491729864726037, 0.1527533871307259,
  ],
};
