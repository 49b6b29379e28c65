//! Writes every kind of chart with invented registry data: `cargo run -p chart --example gallery -- DIR`.
//!
//! `DIR/index.html` shows the charts in the system's color scheme, `DIR/*.svg` are the standalone pictures. Serve the
//! folder to see that the content security policy of the page holds.

mod data;
mod growth;
mod outcomes;

use std::path::{Path, PathBuf};

use chart::{STYLESHEET, Svg};

/// The look of the site, so that charts are judged where they will stand.
const TOKENS: &str = include_str!("../../../site/assets/css/tokens.css");
const BASE: &str = include_str!("../../../site/assets/css/base.css");
const PRINT: &str = include_str!("../../../site/assets/css/print.css");
const SANS: &[u8] = include_bytes!("../../../site/assets/fonts/source-sans-3.woff2");
const SERIF: &[u8] = include_bytes!("../../../site/assets/fonts/source-serif-4.woff2");
const PAGE: &str = "body > main { width: min(100% - 2.5rem, 65rem); margin: 2rem auto; display: grid; gap: 4rem; \
                    grid-template-columns: minmax(0, 1fr); }";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder to write to")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let charts: Vec<(&str, Svg)> = growth::charts().into_iter().chain(outcomes::charts()).collect();
    page(&folder, &charts)?;
    for (name, svg) in &charts {
        std::fs::write(folder.join(format!("{name}.svg")), svg.standalone())?;
        #[cfg(feature = "png")]
        std::fs::write(folder.join(format!("{name}.png")), chart::png(svg, 2.0)?)?;
    }
    println!("{} charts in {}", charts.len(), folder.display());
    Ok(())
}

fn page(folder: &Path, charts: &[(&str, Svg)]) -> std::io::Result<()> {
    let figures: Vec<String> = charts.iter().map(|(_, svg)| svg.figure(2)).collect();
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Charts</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; font-src 'self'\">\
         <link rel=\"stylesheet\" href=\"gallery.css\"></head><body><main><h1>Charts</h1>{}</main></body></html>",
        figures.join("\n")
    );
    let tokens = TOKENS.replace("{sans}", "sans.woff2").replace("{serif}", "serif.woff2");
    std::fs::write(folder.join("index.html"), html)?;
    std::fs::write(
        folder.join("gallery.css"),
        [&tokens, BASE, PRINT, STYLESHEET, PAGE].join("\n"),
    )?;
    std::fs::write(folder.join("sans.woff2"), SANS)?;
    std::fs::write(folder.join("serif.woff2"), SERIF)
}
