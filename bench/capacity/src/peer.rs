//! The same question in PostgreSQL, with the indexes that it wants: centers by earthdistance, and by PostGIS where its
//! package (`postgresql-15-postgis-3`) is installed; the newest line of each by an index. It does less: no feeds,
//! suspensions, limits, networks or units.

use std::time::Instant;

use anyhow::{Result, ensure};
use postgres::{Client, NoTls};
use testkit::database::TestDatabase;

use crate::search::KM;
use crate::told;
use crate::world::World;

const SCHEMA: &str = "
    create extension cube;
    create extension earthdistance;
    create table center (id int primary key, lat float8, lon float8, modes text[]);
    create table line (center_id int, age smallint, valid_at timestamptz, status smallint, available smallint);
";
const INDEXES: &str = "
    create index center_place on center using gist (ll_to_earth(lat, lon));
    create index line_newest on line (center_id, age, valid_at desc) include (status, available);
";
const QUESTION: &str = "
    select c.id, earth_distance(ll_to_earth(c.lat, c.lon), ll_to_earth($1, $2)) as meters, l.valid_at, l.available,
        case when l.valid_at < $4::timestamptz - interval '72 hours' then 3
             when l.valid_at < $4::timestamptz - interval '24 hours' then 3
             when l.status = 2 then 1 when l.status = 1 then 2 else 4 end as part
    from center c
    cross join lateral (select valid_at, status, available from line
        where center_id = c.id and age = 3 and valid_at <= $4 order by valid_at desc limit 1) l
    where earth_box(ll_to_earth($1, $2), $3) @> ll_to_earth(c.lat, c.lon)
        and earth_distance(ll_to_earth(c.lat, c.lon), ll_to_earth($1, $2)) <= $3
        and c.modes @> array['VV']
    order by part, meters, l.valid_at desc, c.id
";

const POSTGIS: &str = "
    create extension postgis;
    alter table center add place geography(point, 4326);
    update center set place = st_makepoint(lon, lat)::geography;
    create index center_geography on center using gist (place);
";
/// On a sphere, as the search itself does and as earthdistance does.
const QUESTION_GIS: &str = "
    select c.id, st_distance(c.place, st_makepoint($2, $1)::geography, false) as meters, l.valid_at, l.available,
        case when l.valid_at < $4::timestamptz - interval '72 hours' then 3
             when l.valid_at < $4::timestamptz - interval '24 hours' then 3
             when l.status = 2 then 1 when l.status = 1 then 2 else 4 end as part
    from center c
    cross join lateral (select valid_at, status, available from line
        where center_id = c.id and age = 3 and valid_at <= $4 order by valid_at desc limit 1) l
    where st_dwithin(c.place, st_makepoint($2, $1)::geography, $3, false)
        and c.modes @> array['VV']
    order by part, meters, l.valid_at desc, c.id
";

/// Asks each question; gives median and p99 in milliseconds for the quickest of the ways.
pub(crate) fn measure(world: &World, years: usize, asked: &[(f64, f64)]) -> Result<(f64, f64)> {
    let database = TestDatabase::empty_postgres();
    let mut client = Client::connect(database.url(), NoTls)?;
    client.batch_execute(SCHEMA)?;
    for (id, place) in world.places.iter().enumerate() {
        let id = i32::try_from(id)?;
        client.execute(
            "insert into center values ($1, $2, $3, array['VV', 'VA'])",
            &[&id, &place.lat, &place.lon],
        )?;
    }
    let (days, now) = (i32::try_from(years * 365)?, world.clock.now().to_string());
    let lines = format!(
        "insert into line select c.id, 3, timestamptz '{now}' - make_interval(days => d, hours => c.id % 20),
            (random() * 2)::int, (random() * 3)::int from center c, generate_series(0, {}) d",
        days - 1
    );
    client.batch_execute(&lines)?;
    client.batch_execute(INDEXES)?;
    // so that the index alone answers
    client.batch_execute("vacuum analyze")?;
    let plain = asked_of(&mut client, ("PostgreSQL, earthdistance", QUESTION), &now, asked)?;
    if let Err(error) = client.batch_execute(POSTGIS) {
        println!("PostGIS is not installed ({error}): apt-get install postgresql-15-postgis-3");
        return Ok(plain);
    }
    client.batch_execute("vacuum analyze")?;
    let gis = asked_of(&mut client, ("PostgreSQL, PostGIS", QUESTION_GIS), &now, asked)?;
    Ok((plain.0.min(gis.0), plain.1.min(gis.1)))
}

fn asked_of(
    client: &mut Client,
    (name, question): (&str, &str),
    now: &str,
    asked: &[(f64, f64)],
) -> Result<(f64, f64)> {
    let question = client.prepare(&question.replace("$4", &format!("timestamptz '{now}'")))?;
    let mut millis = Vec::new();
    let mut hits = 0;
    for (lat, lon) in asked {
        let begun = Instant::now();
        let rows = client.query(&question, &[lat, lon, &(KM * 1000.0)])?;
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
        hits += rows.len();
    }
    ensure!(hits > 0, "nothing was found");
    println!("{name}: {hits} centers found");
    Ok(told(name, millis))
}
