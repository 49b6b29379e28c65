"""Writes runs.csv: submitted runs by year of start and group, 1989 to 15 November 2026, and open drafts.

The registry of the demo holds as many submitted runs as the public count of 2021 (167,674), but lasts until
2026. Up to 2013 the years follow the published counts; from 2014 on growth is slower than it was, so that the
same total is reached five years later. Fixed points:

* 1989-2013 by age group: 30,909 neonates, 14,725 children, 10,588 adults (published)
* children 2,409 in 2009 and 2,992 in 2015 (published)
* neonatal pulmonary 1,516 in 1992, about 800 in 2004, 750 to 865 in 2008-2012 (published)
* pediatric pulmonary about 200 a year 1993-2004, 331 to 448 in 2008-2012 (published)
* adult pulmonary about 100 a year 1996-2007, 480 to 846 in 2009-2012 (published)
* 2026: 8,944 submitted of 9,995 started (published for 2021)
* 167,674 in all (published)

Between them: assumptions, bent until the sums are exact.
"""
YEARS = list(range(1989, 2027))
G = ["neonate.pulmonary", "neonate.cardiac", "neonate.ecpr", "pediatric.pulmonary", "pediatric.cardiac",
     "pediatric.ecpr", "adult.pulmonary", "adult.cardiac", "adult.ecpr"]
TOTAL = {2014: 5450, 2015: 5950, 2016: 6450, 2017: 7000, 2018: 7550, 2019: 8100, 2020: 9200, 2021: 11300,
         2022: 10300, 2023: 9900, 2024: 10400, 2026: 8944}
CHILD = {2009: 2409, 2010: 2520, 2011: 2640, 2012: 2760, 2013: 2850, 2014: 2920, 2015: 2992, 2016: 2950, 2017: 2850,
         2018: 2750, 2019: 2650, 2020: 2430, 2021: 2560, 2022: 2680, 2023: 2720, 2024: 2760, 2025: 2800, 2026: 2400}
SHAPE = {
    "neonate.pulmonary": {1989: 1330, 1992: 1516, 1996: 1260, 2000: 960, 2004: 800, 2008: 800, 2012: 790, 2015: 740,
                          2020: 600, 2026: 600},
    "neonate.cardiac": {1989: 40, 1995: 110, 2005: 225, 2009: 330, 2015: 470, 2020: 380, 2026: 380},
    "neonate.ecpr": {1989: 1, 1995: 6, 2005: 40, 2009: 90, 2015: 160, 2020: 165, 2026: 175},
    "pediatric.pulmonary": {1989: 120, 1993: 200, 2004: 210, 2007: 300, 2009: 370, 2012: 430, 2015: 500, 2019: 510,
                            2020: 470, 2021: 520, 2026: 520},
    "pediatric.cardiac": {1989: 90, 1995: 210, 2005: 350, 2009: 480, 2015: 700, 2020: 640, 2026: 650},
    "pediatric.ecpr": {1989: 5, 1995: 25, 2005: 140, 2009: 210, 2015: 330, 2020: 340, 2026: 370},
    "adult.pulmonary": {1989: 20, 1994: 60, 1996: 95, 2007: 105, 2008: 250, 2009: 500, 2010: 520, 2012: 780, 2013: 900,
                        2015: 1250, 2018: 2000, 2019: 2200, 2020: 3700, 2021: 5350, 2022: 3650, 2023: 2950, 2024: 2950,
                        2025: 3000, 2026: 2950},
    "adult.cardiac": {1989: 8, 1995: 35, 2005: 110, 2008: 260, 2009: 420, 2012: 750, 2015: 1300, 2019: 2300, 2022: 2900,
                      2026: 3700},
    "adult.ecpr": {1989: 1, 1995: 5, 2005: 30, 2008: 75, 2009: 120, 2012: 220, 2015: 400, 2019: 820, 2022: 1080,
                   2026: 1450},
}

def at(points, year):
    years = sorted(points)
    for a, b in zip(years, years[1:]):
        if a <= year <= b:
            return points[a] + (points[b] - points[a]) * (year - a) / (b - a)
    return points[years[-1]]

def rounded(values, total):
    scale = total / sum(values)
    exact = [v * scale for v in values]
    out = [int(v) for v in exact]
    order = sorted(range(len(exact)), key=lambda i: out[i] - exact[i])
    for i in order[: total - sum(out)]:
        out[i] += 1
    return out

cell = {(y, g): float(at(SHAPE[g], y)) for y in YEARS for g in range(9) for g in [G[g]]}
age = lambda g: g.split(".")[0]
for _ in range(300):  # bend towards the sums in turn
    for a, wanted in (("neonate", 30909), ("pediatric", 14725), ("adult", 10588)):
        keys = [(y, g) for y in YEARS for g in G if y <= 2013 and age(g) == a and not (a != "adult" and y >= 2009)]
        fixed = sum(cell[y, g] for y in YEARS for g in G if y <= 2013 and age(g) == a and (y, g) not in set(keys))
        free = [k for k in keys if k[1] != "adult.pulmonary" and not (k[1] == "neonate.pulmonary" and k[0] == 1992)]
        rest = sum(cell[k] for k in keys if k not in set(free))
        factor = (wanted - fixed - rest) / sum(cell[k] for k in free)
        for k in free:
            cell[k] *= factor
    for y, wanted in CHILD.items():
        keys = [(y, g) for g in G if age(g) != "adult"]
        factor = wanted / sum(cell[k] for k in keys)
        for k in keys:
            cell[k] *= factor
    for y, wanted in TOTAL.items():
        keys = [(y, g) for g in G if age(g) == "adult"]
        factor = (wanted - CHILD[y]) / sum(cell[k] for k in keys)
        for k in keys:
            cell[k] *= factor
out = {}
old = [(y, g) for y in YEARS for g in G if y <= 2013]
for a, wanted in (("neonate", 30909), ("pediatric", 14725), ("adult", 10588)):
    keys = [k for k in old if age(k[1]) == a]
    for k, v in zip(keys, rounded([cell[k] for k in keys], wanted)):
        out[k] = v
for y, wanted in TOTAL.items():
    for k, v in zip([(y, g) for g in G], rounded([cell[y, g] for g in G], wanted)):
        out[k] = v
left = 167674 - sum(out.values())  # 2025 takes what is left
for k, v in zip([(2025, g) for g in G], rounded([cell[2025, g] for g in G], left)):
    out[k] = v
DRAFTS = {2026: 1051, 2025: 780, 2024: 420, 2023: 260, 2022: 190, 2021: 160, 2020: 90, 2019: 50, 2018: 35, 2017: 20, 2016: 12}
print("year," + ",".join(G) + ",drafts")
for y in YEARS:
    print(f"{y}," + ",".join(str(out[y, g]) for g in G) + f",{DRAFTS.get(y, 0)}")
