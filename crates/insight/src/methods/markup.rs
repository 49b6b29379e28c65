//! Markdown as HTML, with headings that can be linked to.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// Where a link of a chapter leads on the site: other chapters are files beside it.
pub(super) fn address(link: &str) -> String {
    if link.contains("://") || link.starts_with(['/', '#']) {
        return link.to_owned();
    }
    let (file, place) = link.split_once('#').map_or((link, None), |(file, at)| (file, Some(at)));
    let name = file.strip_suffix(".md").unwrap_or(file);
    let place = place.map_or(String::new(), |place| format!("#{place}"));
    format!("/registry/methods/{name}{place}")
}

/// A heading as it stands in addresses; the same that code hosts make of it.
pub(super) fn slug(heading: &str) -> String {
    let signs = heading.chars().filter_map(|sign| match sign {
        sign if sign.is_alphanumeric() => Some(sign.to_ascii_lowercase()),
        ' ' | '-' => Some('-'),
        _ => None,
    });
    signs.collect()
}

fn events(text: &str) -> Vec<Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES).collect()
}

/// The words of a stretch of events.
fn words<'e>(events: impl Iterator<Item = &'e Event<'e>>) -> String {
    let each = events.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.to_string()),
        Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
        _ => None,
    });
    each.collect()
}

/// Without any markup.
pub(super) fn plain(text: &str) -> String {
    words(events(text).iter())
}

/// Markdown as HTML; tables can be scrolled sideways by keyboard.
pub(super) fn html(text: &str) -> String {
    let all = events(text);
    let mut tables = 0;
    let mut made: Vec<Event<'_>> = Vec::with_capacity(all.len());
    for (at, event) in all.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                let rest = all.iter().skip(at + 1);
                let inside =
                    rest.take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
                made.push(Event::Start(Tag::Heading {
                    level: *level,
                    id: Some(slug(&words(inside)).into()),
                    classes: classes.clone(),
                    attrs: attrs.clone(),
                }));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                made.push(Event::Start(Tag::Link {
                    link_type: *link_type,
                    dest_url: address(dest_url).into(),
                    title: title.clone(),
                    id: id.clone(),
                }));
            }
            Event::Start(Tag::Table(_)) => {
                tables += 1;
                let open = format!(
                    "<div class=\"scroll\" role=\"region\" aria-label=\"Table {tables}\" tabindex=\"0\">"
                );
                made.extend([Event::Html(open.into()), event.clone()]);
            }
            Event::End(TagEnd::Table) => {
                made.extend([event.clone(), Event::Html("</div>".into())]);
            }
            // the chapters are ours and hold no markup of their own
            Event::Html(text) | Event::InlineHtml(text) => made.push(Event::Text(text.clone())),
            event => made.push(event.clone()),
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, made.into_iter());
    out
}

/// Links and headings of a chapter, for the tests.
#[cfg(test)]
pub(super) fn links_and_headings(text: &str) -> (Vec<String>, Vec<String>) {
    let all = events(text);
    let (mut links, mut headings) = (Vec::new(), Vec::new());
    for (at, event) in all.iter().enumerate() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
            Event::Start(Tag::Heading { .. }) => {
                let rest = all.iter().skip(at + 1);
                let inside =
                    rest.take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
                headings.push(slug(&words(inside)));
            }
            _ => {}
        }
    }
    (links, headings)
}
