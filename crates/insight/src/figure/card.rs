//! One figure as it stands on a page.

use chart::{BOUNDARIES, Chart as _};

use crate::answer::{Estimate, Figure as Value, Outcome, Row, Shown};
use crate::figure::{Figure, Picture, first_capital, whole};
use crate::query::Catalog;
use crate::report::{Found, sentence};
use crate::web::few;

/// Addresses of what can be taken away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    /// A page of the figure's own.
    pub(crate) page: Option<String>,
    pub(crate) csv: String,
    pub(crate) svg: Option<String>,
    pub(crate) png: Option<String>,
    /// For a frame in another site.
    pub(crate) embed: Option<String>,
    pub(crate) api: String,
}

/// A figure with its answer, drawn.
pub(crate) struct Card {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) definition: String,
    pub(crate) note: String,
    /// Trusted markup: the chart or the table.
    pub(crate) picture: String,
    /// Trusted markup: the numbers behind the chart.
    pub(crate) table: Option<String>,
    /// Why nothing is shown.
    pub(crate) refusal: Option<String>,
    pub(crate) observed: String,
    pub(crate) left_out: Option<(usize, usize)>,
    pub(crate) boundaries: Option<&'static str>,
    pub(crate) population: String,
    pub(crate) how: Vec<String>,
    pub(crate) citation: String,
    pub(crate) links: Links,
    pub(crate) wide: bool,
}

impl Card {
    /// A figure and what became of its question. `cited` is the address that a citation names.
    pub(crate) fn new(
        catalog: &Catalog,
        figure: &Figure,
        found: &Found,
        links: Links,
        cited: &str,
    ) -> Self {
        let mut card = Self {
            key: figure.key.clone(),
            title: figure.title.clone(),
            definition: figure.definition.clone(),
            note: figure.note.clone(),
            picture: String::new(),
            table: None,
            refusal: None,
            observed: String::new(),
            left_out: None,
            boundaries: None,
            population: String::new(),
            how: Vec::new(),
            citation: String::new(),
            links,
            wide: figure.size != chart::Size::Half,
        };
        match found {
            Err(why) => card.refusal = Some(sentence(why)),
            Ok(outcome) if nothing_shown(figure, outcome) => {
                let small =
                    "Every group of this figure is too small, or would tell of one that is.";
                card.refusal = Some(small.to_owned());
            }
            Ok(outcome) => {
                card.observed = figure.observed(outcome);
                card.left_out = figure.left_out(outcome);
                card.population = first_capital(&outcome.population);
                card.how = outcome.how(catalog);
                card.citation = outcome.citation("OpenECLS Registry", &figure.title, cited);
                card.draw(figure, outcome);
            }
        }
        card
    }

    fn draw(&mut self, figure: &Figure, outcome: &Outcome) {
        let svg = match figure.picture(outcome, few()) {
            Picture::Table => {
                self.picture = table(figure, outcome);
                return;
            }
            Picture::Chart(chart) => chart.render(),
            Picture::Map(map) => {
                self.boundaries = Some(BOUNDARIES);
                map.render()
            }
        };
        self.picture = svg.inline();
        self.table = Some(svg.table().html());
    }
}

/// Whether there is no drawn value among those that were counted: an empty picture would look like a zero.
fn nothing_shown(figure: &Figure, outcome: &Outcome) -> bool {
    let rows = match outcome.query.by() {
        [] => std::slice::from_ref(&outcome.total),
        _ => &outcome.cells,
    };
    let drawn = |row: &Row| row.values.get(figure.value).is_some_and(|it| it.value().is_some());
    !rows.is_empty() && !rows.iter().any(drawn)
}

/// Everything that was measured, a row for each cell and one for the total, as markup.
fn table(figure: &Figure, outcome: &Outcome) -> String {
    let mut out =
        String::from("<div class=\"table-wrap\" role=\"region\" tabindex=\"0\" aria-label=\"");
    escape(&figure.title, &mut out);
    out.push_str("\"><table class=\"measures\"><caption class=\"unseen\">");
    escape(&figure.title, &mut out);
    out.push_str("</caption><thead><tr>");
    for dimension in &outcome.dimensions {
        out.push_str("<th scope=\"col\">");
        escape(&dimension.label, &mut out);
        out.push_str("</th>");
    }
    for measure in &outcome.measures {
        out.push_str("<th scope=\"col\" class=\"num\">");
        escape(&measure.label, &mut out);
        out.push_str("</th>");
    }
    out.push_str("</tr></thead><tbody>");
    let mut last: Option<&str> = None;
    for row in &outcome.cells {
        let first = row.labels.first().map(String::as_str);
        out.push_str(if first == last { "<tr>" } else { "<tr class=\"row-first\">" });
        for (at, label) in row.labels.iter().enumerate() {
            let again = at == 0 && first == last;
            out.push_str(if at + 1 == row.labels.len() {
                "<th scope=\"row\">"
            } else {
                "<td class=\"group\">"
            });
            out.push_str(if again { "<span class=\"unseen\">" } else { "<span>" });
            escape(label, &mut out);
            out.push_str(if at + 1 == row.labels.len() { "</span></th>" } else { "</span></td>" });
        }
        last = first;
        values(row, &mut out);
        out.push_str("</tr>");
    }
    out.push_str("</tbody><tfoot><tr><th scope=\"row\"");
    if outcome.dimensions.len() > 1 {
        out.push_str(&format!(" colspan=\"{}\"", outcome.dimensions.len()));
    }
    out.push_str(">All</th>");
    values(&outcome.total, &mut out);
    out.push_str("</tr></tfoot></table></div>");
    out
}

fn values(row: &Row, out: &mut String) {
    for value in &row.values {
        out.push_str("<td class=\"num\">");
        cell(value, out);
        out.push_str("</td>");
    }
}

fn cell(shown: &Shown<Value>, out: &mut String) {
    let nothing = "<span class=\"nothing\">none observed</span>";
    match shown {
        Shown::Suppressed(reason) => {
            out.push_str("<span class=\"nothing\">");
            escape(reason, out);
            out.push_str("</span>");
        }
        Shown::Value(value) => match value {
            Value::Count { count } | Value::Distinct { count } => out.push_str(&whole(*count)),
            Value::Share { count, observed, missing, share: Some(share) } => {
                let percent = percent(*share);
                out.push_str(&format!("<b>{}</b> ({percent})", whole(*count)));
                out.push_str(&format!("<small>of {} known", whole(*observed)));
                if *missing > 0 {
                    out.push_str(&format!(", {} unknown", whole(*missing)));
                }
                out.push_str("</small>");
            }
            Value::Rate { events, rate: Some(rate), .. } => {
                out.push_str(&format!(
                    "<b>{:.2}</b> ({:.2} to {:.2})",
                    rate.value, rate.low, rate.high
                ));
                out.push_str(&format!("<small>{} events</small>", whole(*events)));
            }
            Value::Quantiles { quartiles: Some([low, median, high]), observed, .. } => {
                out.push_str(&format!("<b>{median:.1}</b> ({low:.1} to {high:.1})"));
                out.push_str(&format!("<small>{} observed</small>", whole(*observed)));
            }
            Value::Mean { mean: Some(mean), .. } => out.push_str(&format!("{mean:.1}")),
            Value::Missing { share: Some(share), .. } => {
                out.push_str(&format!("{:.1} %", share * 100.0));
            }
            _ => out.push_str(nothing),
        },
    }
}

fn percent(share: Estimate) -> String {
    format!("{:.1} %", share.value * 100.0)
}

/// Text into markup.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}
