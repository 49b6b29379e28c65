//! How wide a text will be: advance widths of Source Sans 3 (regular and semibold), the face of the site.
//!
//! Fallback faces are a little wider, so every estimate has a margin. Characters outside the table count as wide
//! (East Asian scripts and symbols) or as an average letter.

/// Advance widths of U+0020 to U+007E in thousandths of an em, weight 400.
const ASCII: [u16; 95] = [
    200, 289, 426, 497, 497, 824, 609, 249, 303, 303, 418, 497, 249, 311, 249, 350, 497, 497, 497,
    497, 497, 497, 497, 497, 497, 497, 249, 249, 497, 497, 497, 425, 847, 543, 588, 571, 615, 527,
    494, 617, 652, 263, 479, 579, 486, 727, 647, 664, 566, 664, 569, 534, 536, 645, 515, 786, 513,
    476, 539, 303, 350, 303, 497, 500, 542, 504, 553, 456, 555, 496, 292, 504, 544, 246, 247, 495,
    255, 829, 547, 542, 555, 555, 347, 419, 338, 544, 467, 719, 446, 467, 425, 303, 241, 303, 497,
];

/// Semibold letters are at most this much wider than regular ones.
const SEMIBOLD: f64 = 1.045;

/// Fallback faces are wider than the face that was measured.
const MARGIN: f64 = 1.05;

/// What a shortened text ends in.
const ELLIPSIS: char = '…';

/// Size and weight of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    /// In user units of the drawing.
    pub size: f64,
    pub bold: bool,
}

/// Labels of axes, categories and lines.
pub(crate) const LABEL: Face = Face { size: 14.0, bold: false };
/// The same, stressed.
pub(crate) const STRONG: Face = Face { size: 14.0, bold: true };
/// Ticks, legends and notes.
pub(crate) const SMALL: Face = Face { size: 13.0, bold: false };
/// The same, stressed: names in the tone of their series.
pub(crate) const NAMES: Face = Face { size: 13.0, bold: true };
/// The title of a standalone picture.
pub(crate) const TITLE: Face = Face { size: 20.0, bold: true };

fn advance(letter: char) -> f64 {
    let code = u32::from(letter);
    let slot = code.checked_sub(32).and_then(|at| usize::try_from(at).ok());
    if let Some(width) = slot.and_then(|at| ASCII.get(at)) {
        return f64::from(*width);
    }
    match code {
        0..32 | 0x300..=0x36f | 0x200b..=0x200f | 0xfeff => 0.0,
        0x2013 | 0x2212 => 497.0,
        0x2014 | 0x2026 => 960.0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60 => 1000.0,
        0x1f000.. => 1300.0,
        0xc0..=0xde => 664.0,
        0x2190..=0x2bff => 830.0,
        _ => 570.0,
    }
}

/// Width of a text in user units.
pub(crate) fn width(text: &str, face: Face) -> f64 {
    scaled(text.chars().map(advance).sum(), face)
}

/// Thousandths of an em in user units.
fn scaled(thousandths: f64, face: Face) -> f64 {
    let weight = if face.bold { SEMIBOLD } else { 1.0 };
    thousandths / 1000.0 * face.size * weight * MARGIN
}

/// The widest of several texts.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, face: Face) -> f64 {
    texts.into_iter().map(|text| width(text, face)).fold(0.0, f64::max)
}

/// The text, shortened with an ellipsis if it is wider than `room`; empty if not even that fits.
pub(crate) fn shorten(text: &str, face: Face, room: f64) -> String {
    if width(text, face) <= room {
        return text.to_owned();
    }
    if scaled(advance(ELLIPSIS), face) > room {
        return String::new();
    }
    // one walk over the letters: names may be long, and charts shorten them for each layout again
    let (mut thousandths, mut end) = (0.0, 0);
    for (at, letter) in text.char_indices() {
        thousandths += advance(letter);
        if scaled(thousandths + advance(ELLIPSIS), face) > room {
            break;
        }
        // no space before the ellipsis
        if !letter.is_whitespace() {
            end = at + letter.len_utf8();
        }
    }
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}{ELLIPSIS}")
}

/// The text in at most `lines` lines of `room`; the last one is shortened if the text is longer.
pub(crate) fn wrap(text: &str, face: Face, room: f64, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() && done.len() < lines {
        let last = done.len() + 1 == lines;
        if last {
            let rest: Vec<&str> = words.by_ref().collect();
            done.push(shorten(&rest.join(" "), face, room));
            break;
        }
        let mut line = String::new();
        while let Some(word) = words.peek() {
            let longer =
                if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
            if !line.is_empty() && width(&longer, face) > room {
                break;
            }
            line = longer;
            words.next();
        }
        done.push(shorten(&line, face, room));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert_eq!(shorten("Adult", LABEL, 200.0), "Adult");
    }

    #[test]
    fn a_shortened_text_fits_and_ends_in_an_ellipsis() {
        let short = shorten("Extracorporeal cardiopulmonary resuscitation", LABEL, 120.0);

        assert!(short.ends_with('…'), "{short}");
        assert!(width(&short, LABEL) <= 120.0);
    }

    #[test]
    fn nothing_longer_would_fit_than_what_is_kept() {
        let texts = [
            "Extracorporeal  cardiopulmonary \u{a0} resuscitation",
            "体外膜肺氧合 of adults",
            "e\u{301}e\u{301} VV",
        ];
        for text in texts {
            for room in (0..400).map(f64::from) {
                let short = shorten(text, LABEL, room);
                let letters: Vec<char> = text.chars().collect();
                let by_trial = (0..letters.len()).rev().find_map(|kept| {
                    let kept: String = letters.iter().take(kept).collect();
                    let candidate = format!("{}…", kept.trim_end());
                    (width(&candidate, LABEL) <= room).then_some(candidate)
                });
                let wanted = if width(text, LABEL) <= room {
                    text.to_owned()
                } else {
                    by_trial.unwrap_or_default()
                };
                assert_eq!(short, wanted, "in {room}");
            }
        }
    }

    #[test]
    fn wrapping_keeps_all_words_if_there_are_lines_enough() {
        let lines = wrap("Extracorporeal cardiopulmonary resuscitation", LABEL, 120.0, 4);

        assert_eq!(lines.join(" "), "Extracorporeal cardiopulmonary resuscitation");
        assert!(lines.iter().all(|line| width(line, LABEL) <= 120.0), "{lines:?}");
    }

    #[test]
    fn the_last_line_is_shortened_when_lines_run_out() {
        let lines = wrap("one two three four five six seven eight nine ten", LABEL, 60.0, 2);

        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
    }

    #[test]
    fn ideographs_are_counted_as_wide() {
        assert!(width("体外膜肺氧合", LABEL) > width("ECMOVV", LABEL));
    }
}
