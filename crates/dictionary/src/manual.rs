//! The manual of the rules: what findings mean, and the language that conditions are written in.
//!
//! The chapters are Markdown; their tables run as tests, so the manual says what the program does.

/// One chapter.
#[derive(Debug, Clone, Copy)]
pub struct Chapter {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its text in Markdown, starting with its heading.
    pub text: &'static str,
}

impl Chapter {
    /// Its heading.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }
}

/// All chapters in the order in which they are read.
pub static CHAPTERS: &[Chapter] = &[
    Chapter { name: "findings", text: include_str!("../findings.md") },
    Chapter { name: "reading", text: include_str!("../spec/00_reading.md") },
    Chapter { name: "values", text: include_str!("../spec/01_values.md") },
    Chapter { name: "comparison", text: include_str!("../spec/02_comparison.md") },
    Chapter { name: "logic", text: include_str!("../spec/03_logic.md") },
    Chapter { name: "arithmetic", text: include_str!("../spec/04_arithmetic.md") },
    Chapter { name: "dates", text: include_str!("../spec/05_dates.md") },
    Chapter { name: "codes", text: include_str!("../spec/06_codes.md") },
    Chapter { name: "groups", text: include_str!("../spec/07_groups.md") },
    Chapter { name: "choices", text: include_str!("../spec/08_choices.md") },
    Chapter { name: "names", text: include_str!("../spec/09_names.md") },
    Chapter { name: "limits", text: include_str!("../spec/10_limits.md") },
];
