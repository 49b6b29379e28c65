//! One figure as it stands on a page.

use chart::{BOUNDARIES, Chart as _};

use crate::answer::{Estimate, Figure as Found, Outcome, Row, Shown};
use crate::dashboard::{Dashboard, Found as Answer, Selection};
use crate::figure::{Figure, Picture, whole};

/// Addresses of what can be taken away.
pub(super) struct Links {
    pub(super) page: String,
    pub(super) csv: String,
    pub(super) svg: Option<String>,
    pub(super) png: Option<String>,
    pub(super) embed: String,
    pub(super) api: String,
}

/// A figure with its answer, drawn.
pub(super) struct Card {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) definition: String,
    pub(super) note: String,
    /// Trusted markup: the chart or the table.
    pub(super) picture: String,
    /// Trusted markup: the numbers behind the chart.
    pub(super) table: Option<String>,
    /// Why nothing is shown.
    pub(super) refusal: Option<String>,
    pub(super) observed: String,
    pub(super) left_out: Option<(usize, usize)>,
    pub(super) boundaries: Option<&'static str>,
    pub(super) population: String,
    pub(super) how: Vec<String>,
    pub(super) citation: String,
    pub(super) links: Links,
    pub(super) wide: bool,
}

impl Card {
    pub(super) fn new(
        dashboard: &Dashboard,
        selection: &Selection,
        figure: &Figure,
        answer: &Answer,
        id: &str,
    ) -> Self {
        let catalog = dashboard.insight().catalog();
        let links = links(dashboard, selection, figure);
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
        match answer {
            Answer::Refused(why) => card.refusal = Some(why.clone()),
            Answer::Outside => {
                card.refusal =
                    Some("The filters leave nothing of what this figure is about.".to_owned());
            }
            Answer::Answer(outcome) => {
                card.observed = figure.observed(outcome);
                card.left_out = figure.left_out(outcome);
                card.population = crate::figure::first_capital(&outcome.population);
                card.how = outcome.how(catalog);
                card.citation =
                    outcome.citation("OpenECLS Registry", &figure.title, &card.links.page);
                card.draw(figure, outcome, dashboard.inner.few, id);
            }
        }
        card
    }

    fn draw(&mut self, figure: &Figure, outcome: &Outcome, few: u32, id: &str) {
        match figure.picture(outcome, few) {
            Picture::Table => self.picture = table(figure, outcome),
            Picture::Chart(chart) => {
                let svg = chart.render();
                self.picture = svg.inline();
                self.table = Some(svg.table().html());
            }
            Picture::Map(map) => {
                let svg = map.render();
                self.picture = svg.inline();
                self.table = Some(svg.table().html());
                self.boundaries = Some(BOUNDARIES);
            }
        }
        // pictures name their parts by the figure's key; two of one figure on a page must not share names
        if !id.is_empty() {
            self.picture = self
                .picture
                .replace(&format!("\"{}-", figure.key), &format!("\"{id}{}-", figure.key));
        }
    }
}

fn links(dashboard: &Dashboard, selection: &Selection, figure: &Figure) -> Links {
    let catalog = dashboard.insight().catalog();
    let key = &figure.key;
    let drawn = figure.draw != crate::figure::Draw::Table;
    let address = |path: String| selection.address(catalog, &path);
    let query = figure.within_unit(catalog, selection.unit(), selection.clauses());
    Links {
        page: address(format!("/registry/figures/{key}")),
        csv: address(format!("/registry/figures/{key}.csv")),
        svg: drawn.then(|| address(format!("/registry/figures/{key}.svg"))),
        png: drawn.then(|| address(format!("/registry/figures/{key}.png"))),
        embed: address(format!("/registry/embed/{key}")),
        api: query.map_or_else(
            |_| "/api/v1/insight/query".to_owned(),
            |query| format!("/api/v1/insight/query?{}", query.address(catalog)),
        ),
    }
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

fn cell(shown: &Shown<Found>, out: &mut String) {
    let nothing = "<span class=\"nothing\">none observed</span>";
    match shown {
        Shown::Suppressed(reason) => {
            out.push_str("<span class=\"nothing\">");
            escape(reason, out);
            out.push_str("</span>");
        }
        Shown::Value(found) => match found {
            Found::Count { count } | Found::Distinct { count } => out.push_str(&whole(*count)),
            Found::Share { count, observed, missing, share: Some(share) } => {
                let percent = percent(*share);
                out.push_str(&format!("<b>{}</b> ({percent})", whole(*count)));
                out.push_str(&format!("<small>of {} known", whole(*observed)));
                if *missing > 0 {
                    out.push_str(&format!(", {} unknown", whole(*missing)));
                }
                out.push_str("</small>");
            }
            Found::Rate { events, rate: Some(rate), .. } => {
                out.push_str(&format!(
                    "<b>{:.2}</b> ({:.2} to {:.2})",
                    rate.value, rate.low, rate.high
                ));
                out.push_str(&format!("<small>{} events</small>", whole(*events)));
            }
            Found::Quantiles { quartiles: Some([low, median, high]), observed, .. } => {
                out.push_str(&format!("<b>{median:.1}</b> ({low:.1} to {high:.1})"));
                out.push_str(&format!("<small>{} observed</small>", whole(*observed)));
            }
            Found::Mean { mean: Some(mean), .. } => out.push_str(&format!("{mean:.1}")),
            Found::Missing { share: Some(share), .. } => {
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
pub(super) fn escape(text: &str, out: &mut String) {
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
