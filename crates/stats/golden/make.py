"""Makes the golden numbers of this folder: python make.py, with scipy, statsmodels and lifelines installed.

Proportions, counts   scipy.stats (Clopper-Pearson, Garwood), statsmodels (Wilson, Byar),
                      mid-P by scipy.optimize.brentq on scipy's distribution functions
Quantiles, mean, SD   numpy on the values written out one by one
Survival              lifelines.KaplanMeierFitter (Greenwood, log-log), checked here against statsmodels.SurvfuncRight
Incidence             the textbook sum over pairs of times in numpy;
                      lifelines.AalenJohansenFitter must agree wherever no times are tied (it shifts tied times
                      by random amounts, so it is no reference for ties)
"""

import json
import math
from pathlib import Path

import numpy as np
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from scipy import optimize, stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

HERE = Path(__file__).parent
LEVELS = [0.95, 0.998]


def write(name, cases):
    (HERE / name).write_text(json.dumps(cases, indent=None, separators=(",", ":")).replace("},{", "},\n{") + "\n")


def root(f, low, high):
    return optimize.brentq(f, low, high, xtol=1e-300, rtol=8.9e-16, maxiter=2000)


def proportion(hits, of, level):
    tail = (1 - level) / 2
    # not binomtest: its search stops at 1e-12, too coarse for limits of 1e-6
    exact = [0.0 if hits == 0 else stats.beta.ppf(tail, hits, of - hits + 1), 1.0 if hits == of else stats.beta.isf(tail, hits + 1, of - hits)]
    wilson = proportion_confint(hits, of, 1 - level, method="wilson")
    binom = stats.binom

    def above(p):
        return binom.sf(hits, of, p) + binom.pmf(hits, of, p) / 2 - tail

    def below(p):
        return binom.cdf(hits - 1, of, p) + binom.pmf(hits, of, p) / 2 - tail

    share = hits / of
    low = 0.0 if hits == 0 else root(above, 0, share)
    high = 1.0 if hits == of else root(below, share, 1)
    return dict(hits=hits, of=of, level=level, wilson=list(map(float, wilson)), exact=list(map(float, exact)), mid_p=[low, high])


def count(events, level):
    tail = (1 - level) / 2
    chi2, poisson = stats.chi2, stats.poisson
    exact = [0.0 if events == 0 else float(chi2.ppf(tail, 2 * events)) / 2, float(chi2.isf(tail, 2 * events + 2)) / 2]
    z = stats.norm.isf(tail)
    more = events + 1
    byar = [
        0.0 if events == 0 else max(0.0, events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3),
        more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3,
    ]
    low = 0.0 if events == 0 else root(lambda m: poisson.sf(events, m) + poisson.pmf(events, m) / 2 - tail, 0, events)
    high = root(lambda m: poisson.cdf(events - 1, m) + poisson.pmf(events, m) / 2 - tail, events, 2 * exact[1] + 10)
    return dict(events=events, level=level, exact=exact, byar=[float(x) for x in byar], mid_p=[low, high])


def sample(pairs):
    values = np.repeat([v for v, _ in pairs], [n for _, n in pairs])
    shares = [0, 0.025, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99, 1]
    return dict(
        pairs=pairs,
        shares=shares,
        quantiles=[float(q) for q in np.quantile(values, shares)],
        mean=float(np.mean(values)),
        deviation=float(np.std(values, ddof=1)) if len(values) > 1 else None,
    )


def expand(counts):
    times = np.repeat([c[0] for c in counts], [c[2] for c in counts]).astype(float)
    kinds = np.repeat([-1 if c[1] is None else c[1] for c in counts], [c[2] for c in counts])
    return times, kinds


def survival(counts):
    times, kinds = expand(counts)
    events = kinds >= 0
    fit = KaplanMeierFitter(alpha=0.05).fit(times, events)
    other = SurvfuncRight(times, events.astype(int))
    steps = []
    for t, value, error in zip(other.surv_times, other.surv_prob, other.surv_prob_se):
        at_risk = int((times >= t).sum())
        mine = float(fit.survival_function_at_times(t).iloc[0])
        assert abs(mine - value) < 1e-12
        row = fit.confidence_interval_.loc[t]
        limits = [float(row.iloc[0]), float(row.iloc[1])]
        undefined = not 0 < value < 1
        steps.append(dict(time=float(t), at_risk=at_risk, value=float(value), error=None if undefined else float(error), limits=None if undefined else limits))
    return dict(counts=counts, steps=steps)


def incidence(counts, kind):
    times, kinds = expand(counts)
    distinct = np.unique(times)
    at_risk = np.array([(times >= t).sum() for t in distinct], dtype=float)
    any_ = np.array([((times == t) & (kinds >= 0)).sum() for t in distinct], dtype=float)
    this = np.array([((times == t) & (kinds == kind)).sum() for t in distinct], dtype=float)
    after = np.cumprod(1 - any_ / at_risk)
    before = np.concatenate([[1.0], after[:-1]])
    curve = np.cumsum(before * this / at_risk)
    z = stats.norm.isf(0.025)
    steps = []
    for i, t in enumerate(distinct):
        if this[i] == 0:
            continue
        variance = 0.0
        for j in range(i + 1):
            later = curve[i] - curve[j]
            n, d, k = at_risk[j], any_[j], this[j]
            if n > d:
                variance += later**2 * d / (n * (n - d))
            variance += before[j] ** 2 * k * (n - k) / n**3 - 2 * later * before[j] * k / n**2
        value, error = float(curve[i]), math.sqrt(max(variance, 0.0))
        limits = None
        if 0 < value < 1 and error > 1e-12:
            reach = z * error / (value * abs(math.log(value)))
            limits = [value ** math.exp(reach), value ** math.exp(-reach)]
        steps.append(dict(time=float(t), at_risk=int(at_risk[i]), value=value, error=error, limits=limits))
    if len(distinct) == len(times) and steps:
        fit = AalenJohansenFitter(alpha=0.05, calculate_variance=True).fit(times, kinds + 1, kind + 1)
        for step in steps:
            assert abs(float(fit.cumulative_density_.loc[step["time"]].iloc[0]) - step["value"]) < 1e-9
            if step["at_risk"] == 1:
                continue  # it divides by zero when the last one under observation has the event
            assert abs(float(fit.variance_.loc[step["time"]]) - step["error"] ** 2) < 1e-9
            if step["limits"]:
                theirs = sorted(map(float, fit.confidence_interval_.loc[step["time"]]))
                assert np.allclose(theirs, step["limits"], atol=1e-9), (theirs, step)
    return dict(counts=counts, kind=kind, steps=steps)


def stays(rng, runs, grain, kinds, censored):
    """Invented stays: right-skewed times on a grid, so that many are tied."""
    times = np.ceil(rng.lognormal(2.2, 0.9, runs) / grain) * grain
    kind = rng.integers(0, kinds, runs)
    lost = rng.random(runs) < censored
    table = {}
    for t, k, c in zip(times, kind, lost):
        key = (round(float(t), 6), None if c else int(k))
        table[key] = table.get(key, 0) + 1
    return [[t, k, n] for (t, k), n in sorted(table.items(), key=lambda x: (x[0][0], x[0][1] is None, x[0][1] or 0))]


def main():
    rng = np.random.default_rng(1972)
    pairs = [(0, 1), (1, 1), (0, 12), (1, 12), (12, 12), (7, 20), (18, 40), (39, 40), (45, 100), (1, 1000), (417, 968), (999, 1000)]
    pairs += [(0, 10**6), (1, 10**6), (450123, 10**6), (999999, 10**6), (10**6, 10**6)]
    write("proportions.json", [proportion(h, n, level) for h, n in pairs for level in LEVELS])
    events = [0, 1, 2, 3, 4, 8, 12, 23, 37, 53, 100, 999, 12345, 10**6]
    write("counts.json", [count(e, level) for e in events for level in LEVELS])
    samples = [
        [[7.5, 1]],
        [[3.0, 2], [8.0, 1]],
        [[1.0, 1], [2.0, 1], [3.0, 1], [4.0, 1]],
        [[0.0, 1000], [1.0, 1], [240.5, 3]],
        [[1e9, 1], [1e9 + 1, 2], [1e9 + 3, 4]],
        [[-5.25, 4], [0.1, 7], [0.2, 7], [0.3, 2]],
        [[round(float(v), 3), int(n)] for v, n in zip(np.sort(rng.lognormal(4, 1, 60)), rng.integers(1, 40, 60))],
    ]
    write("samples.json", [sample(s) for s in samples])
    groups = [
        [[6.0, 0, 3], [6.0, None, 1], [7.0, 0, 1], [9.0, None, 1], [10.0, 0, 1], [10.0, None, 1], [11.0, None, 1], [13.0, 0, 1], [16.0, 0, 1], [17.0, None, 1], [19.0, None, 1], [20.0, None, 1], [22.0, 0, 1], [23.0, 0, 1], [25.0, None, 1], [32.0, None, 2], [34.0, None, 1], [35.0, None, 1]],
        [[1.0, 0, 1]],
        [[0.5, None, 1], [2.0, 0, 4], [2.0, None, 4], [3.0, 0, 2]],
        stays(rng, 400, 1.0, 1, 0.25),
        stays(rng, 60, 0.001, 1, 0.4),
    ]
    write("survival.json", [survival(g) for g in groups])
    competing = [
        [[1.0, 0, 1]],
        [[1.0, 0, 2], [1.0, 1, 3], [1.0, None, 1], [2.0, 1, 1], [4.0, 0, 1], [4.0, None, 2]],
        [[1.0, 0, 3], [2.0, 1, 4], [3.0, 0, 2], [5.0, 1, 1]],
        [[1.0, 1, 3], [2.0, None, 4]],
        stays(rng, 1035, 1.0, 3, 0.1),
        stays(rng, 80, 0.001, 2, 0.3),
        stays(rng, 50, 0.000001, 2, 0.0),
    ]
    write("incidence.json", [incidence(g, kind) for g in competing for kind in (0, 1)])


main()
