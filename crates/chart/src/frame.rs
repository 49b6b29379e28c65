//! What every chart has: a name, a description, where its numbers come from, and a size.

/// How wide a chart is on a page that has room for it. Every chart also has a narrow layout for phones and small
/// cards, which the style sheet chooses by the width of the surrounding element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// Half a page: 540 units.
    Half,
    /// A column of text: 720 units.
    #[default]
    Column,
    /// The whole page: 1040 units.
    Full,
}

impl Size {
    /// Width of the wide layout in user units, which are CSS pixels at the natural size.
    pub fn width(self) -> f64 {
        match self {
            Self::Half => 540.0,
            Self::Column => 720.0,
            Self::Full => 1040.0,
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Half => "chart-half",
            Self::Column => "chart-column",
            Self::Full => "chart-full",
        }
    }
}

/// Width of the narrow layout in user units.
pub(crate) const NARROW: f64 = 360.0;

/// Name, description, source and size of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Unique on the page. Characters other than ASCII letters, digits, `-` and `_` become `-`.
    pub id: String,
    /// What the chart shows, as a title: "Survival to discharge by age group".
    pub title: String,
    /// Population, years and unit, under the title. May be empty.
    pub subtitle: String,
    /// What a reader who does not see the chart should know, one or two sentences. May be empty.
    pub description: String,
    /// Source, date of the data, and caveats; under the chart. May be empty.
    pub note: String,
    /// Width of the wide layout.
    pub size: Size,
    /// The smallest number of people that is shown: suppressed points say "suppressed (n < 5)".
    pub few: u32,
    /// What the intervals are called: "95% confidence interval".
    pub interval: String,
    /// What is said in place of the chart if there is nothing to show.
    pub empty: String,
}

impl Frame {
    /// A frame with a title; everything else is empty or usual.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            subtitle: String::new(),
            description: String::new(),
            note: String::new(),
            size: Size::default(),
            few: 5,
            interval: "95% confidence interval".to_owned(),
            empty: "No data to show for this selection yet.".to_owned(),
        }
    }

    /// The same with a subtitle.
    pub fn subtitle(self, subtitle: impl Into<String>) -> Self {
        Self { subtitle: subtitle.into(), ..self }
    }

    /// The same with a description for readers who do not see the chart.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    /// The same with a note on source and caveats.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The same in another size.
    pub fn size(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// The same with another smallest number that is shown.
    pub fn few(self, few: u32) -> Self {
        Self { few, ..self }
    }

    /// The same with another name for the intervals.
    pub fn interval(self, interval: impl Into<String>) -> Self {
        Self { interval: interval.into(), ..self }
    }

    /// The same with another sentence for when there is nothing to show.
    pub fn empty(self, empty: impl Into<String>) -> Self {
        Self { empty: empty.into(), ..self }
    }

    /// The id as it may stand in an attribute and in `url(#…)`.
    pub(crate) fn safe_id(&self) -> String {
        let kept: String =
            self.id
                .chars()
                .map(|letter| {
                    if letter.is_ascii_alphanumeric() || "-_".contains(letter) {
                        letter
                    } else {
                        '-'
                    }
                })
                .collect();
        if kept.starts_with(|first: char| first.is_ascii_alphabetic()) {
            kept
        } else {
            format!("c{kept}")
        }
    }
}
