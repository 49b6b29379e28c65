//! Pictures as PNG, for slides and mail.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::Svg;

/// Source Sans 3 at weights 400 and 600 in the Latin and Greek subsets, under the name that its license asks of modified
/// versions (`assets/fonts/README.md`).
const FACES: [&[u8]; 2] = [
    include_bytes!("../assets/fonts/chart-sans-400.ttf"),
    include_bytes!("../assets/fonts/chart-sans-600.ttf"),
];

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for face in FACES {
        fonts.load_font_data(face.to_vec());
    }
    // the families of the style sheet all end in this
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

const FAMILY: &str = "Openecls Chart Sans";

/// Largest side of a picture in pixels; more would cost memory and help nobody.
const LARGEST: f64 = 8192.0;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The drawing could not be read; a defect of this crate.
    #[error("chart is no readable svg: {0}")]
    Drawing(#[from] resvg::usvg::Error),
    /// The scale is not a number above 0, or the picture would be too large.
    #[error("chart of {width} by {height} units cannot be drawn at scale {scale}")]
    Size {
        /// Width in user units.
        width: f64,
        /// Height in user units.
        height: f64,
        /// The scale that was asked for.
        scale: f64,
    },
    /// The picture could not be encoded.
    #[error("chart could not be encoded as png: {0}")]
    Encoding(String),
}

/// Draws the standalone form of a chart as PNG, `scale` pixels per unit (2 for sharp screens and slides). Texts are set
/// in Source Sans 3; letters that it lacks, such as those of East Asian scripts, are left out, and ≥ and ≤ become
/// >= and <=.
pub fn png(svg: &Svg, scale: f64) -> Result<Vec<u8>, PngError> {
    let options =
        Options { fontdb: FONTS.clone(), font_family: FAMILY.to_owned(), ..Options::default() };
    let drawing = svg.standalone().replace('≥', "&gt;=").replace('≤', "&lt;=");
    let tree = Tree::from_str(&drawing, &options)?;
    let (width, height) = (f64::from(tree.size().width()), f64::from(tree.size().height()));
    let refused = || PngError::Size { width, height, scale };
    let pixels = |side: f64| {
        let pixels = (side * scale).ceil();
        (scale.is_finite() && (1.0..=LARGEST).contains(&pixels)).then(|| whole(pixels)).flatten()
    };
    let (across, down) = (pixels(width).ok_or_else(refused)?, pixels(height).ok_or_else(refused)?);
    let mut picture = Pixmap::new(across, down).ok_or_else(refused)?;
    let ratio = |pixels: u32, side: f64| single(f64::from(pixels) / side);
    resvg::render(
        &tree,
        Transform::from_scale(ratio(across, width), ratio(down, height)),
        &mut picture.as_mut(),
    );
    picture.encode_png().map_err(|error| PngError::Encoding(error.to_string()))
}

/// A checked whole number of pixels.
fn whole(pixels: f64) -> Option<u32> {
    format!("{pixels:.0}").parse().ok()
}

/// The renderer counts in single precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a scale factor near 1 loses nothing that is seen"
)]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Bar, Bars, Chart as _, Format, Frame};

    fn chart() -> Svg {
        Bars::new(Frame::new("a", "Runs"), Axis::new("Runs", Format::count()))
            .bar(Bar::new("Adult", 12.0))
            .render()
    }

    #[test]
    fn a_chart_becomes_a_png_of_the_wanted_size() {
        let (width, _) = chart().size();

        let bytes = png(&chart(), 1.0).unwrap();

        let picture = Pixmap::decode_png(&bytes).unwrap();
        assert!((f64::from(picture.width()) - width - 56.0).abs() < 1e-9);
    }

    #[test]
    fn bars_and_letters_are_inked() {
        let picture = Pixmap::decode_png(&png(&chart(), 1.0).unwrap()).unwrap();
        let bar = picture
            .pixels()
            .iter()
            .filter(|pixel| (pixel.red(), pixel.green(), pixel.blue()) == (13, 74, 92))
            .count();
        // letters of the title, above the plot
        let head = picture.pixels().iter().take(58 * 776).filter(|pixel| pixel.red() < 128).count();

        assert!(bar > 3_000, "{bar}");
        assert!(head > 100, "{head}");
    }

    #[test]
    fn an_absurd_scale_is_refused() {
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6] {
            assert!(matches!(png(&chart(), scale), Err(PngError::Size { .. })), "{scale}");
        }
    }
}
