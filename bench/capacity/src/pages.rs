//! The pages as the server answers them, and their size on the line.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use base::{Actor, Ids};
use capacity::{CapacityPages, routes};
use flate2::{Compression, write::GzEncoder};
use site::{Found, Shell, SiteState, Visitor};
use tower::ServiceExt as _;

use crate::told;
use crate::world::World;

/// Times and weighs pages.
pub(crate) fn measure(world: &World) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let shell = Shell::new("1", Vec::new());
    let pages = routes(CapacityPages::new(world.capacity.clone(), shell.clone()));
    let visitors = Arc::new(move |_: &site::Presented| {
        let visitor = Visitor { actor: Actor::public(), session: None };
        Ok(Found { visitor, set_cookie: None })
    });
    let ids = Arc::new(Ids::seeded(world.clock.clone(), 9));
    let home = Arc::new(|| Err("no figures here".into()));
    let state = SiteState::new(ids, home, Arc::new(|| Ok(())), shell)
        .with_pages(pages)
        .with_visitors(visitors, false);
    let app = site::app(state);
    for (name, address) in [
        ("map and list", "/capacity"),
        ("search page", "/capacity/search?from=52.5,13.4&age=adult&mode=VV"),
        ("search for programs", "/api/capacity/v1/search?lat=52.5&lon=13.4&mode=VV"),
        ("all points", "/api/capacity/v1/map.geojson"),
    ] {
        let mut millis = Vec::new();
        let mut text = Vec::new();
        for _ in 0..100 {
            let request = Request::builder()
                .uri(address)
                .header(header::HOST, "localhost")
                .body(Body::empty())
                .context("a request")?;
            let begun = Instant::now();
            text = runtime.block_on(async {
                let answer = app.clone().oneshot(request).await?;
                ensure!(answer.status().is_success(), "{address}: {}", answer.status());
                Ok(to_bytes(answer.into_body(), 100_000_000).await?.to_vec())
            })?;
            millis.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        told(name, millis);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&text)?;
        let packed = packed.finish()?.len();
        println!("{:<42} {} kB, {} kB packed", "", text.len() / 1000, packed / 1000);
    }
    Ok(())
}
