//! The page around every page: head, header, navigation, footer.

use std::sync::Arc;

use askama::Template;

use crate::assets::ASSETS;
use crate::visitor::Visitor;

/// One entry of the main navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Address that exists on this site.
    pub href: String,
    /// A word or two.
    pub label: String,
}

/// What differs from page to page in the head and header.
#[derive(Debug, Clone, Copy)]
pub struct PageMeta<'a> {
    /// The page's own title; the site's name is added.
    pub title: &'a str,
    /// One sentence for search and previews.
    pub description: Option<&'a str>,
    /// Address of this page, so that the navigation can mark it as the present one.
    pub path: Option<&'a str>,
}

/// What a page shows, in another form: told in the head, where programs and feed readers look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternate {
    /// Where it is.
    pub href: String,
    /// Its media type.
    pub kind: &'static str,
    /// What it is, in a few words.
    pub title: String,
}

/// The common page. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shell {
    alternates: Arc<[Alternate]>,
    version: Arc<str>,
    nav: Arc<[NavItem]>,
    accounts: bool,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    meta: &'a PageMeta<'a>,
    title: String,
    style: &'a str,
    mark: &'a str,
    alternates: &'a [Alternate],
    fonts: &'a [String],
    nav: &'a [NavItem],
    version: &'a str,
    body: &'a str,
    account: Account<'a>,
}

/// What the header says of the reader.
enum Account<'a> {
    /// There is no sign-in.
    None,
    /// The page is the same for all readers.
    Anybody,
    /// Somebody is signed in; the session ends at these instants unless it is used, or in any case.
    Person { name: &'a str, idle_ends_at: String, ends_at: String },
}

impl Shell {
    /// The shell of a program of this version, with these entries in its navigation.
    pub fn new(version: &str, nav: Vec<NavItem>) -> Self {
        Self {
            alternates: Arc::default(),
            version: version.into(),
            nav: nav.into(),
            accounts: false,
        }
    }

    /// The same for a page that stands in other forms, too.
    #[must_use]
    pub fn with_alternates(self, alternates: Vec<Alternate>) -> Self {
        Self { alternates: alternates.into(), ..self }
    }

    /// The same with a way to sign in.
    #[must_use]
    pub fn with_accounts(self) -> Self {
        Self { accounts: true, ..self }
    }

    /// A whole HTML page around `body`, which is trusted markup: the output of a template.
    /// It is the same for all readers, so that it can be kept and shared.
    pub fn render(&self, meta: &PageMeta<'_>, body: &str) -> Result<String, askama::Error> {
        let account = if self.accounts { Account::Anybody } else { Account::None };
        self.layout(meta, body, account)
    }

    /// The same for one reader, with their name and a way out.
    pub fn render_for(
        &self,
        visitor: &Visitor,
        meta: &PageMeta<'_>,
        body: &str,
    ) -> Result<String, askama::Error> {
        let Some(session) = &visitor.session else { return self.render(meta, body) };
        let account = Account::Person {
            name: &session.name,
            idle_ends_at: session.idle_ends_at.to_string(),
            ends_at: session.ends_at.to_string(),
        };
        self.layout(meta, body, account)
    }

    fn layout(
        &self,
        meta: &PageMeta<'_>,
        body: &str,
        account: Account<'_>,
    ) -> Result<String, askama::Error> {
        let title = match meta.path {
            Some("/") => format!("OpenECLS: {}", meta.title),
            _ => format!("{} \u{b7} OpenECLS", meta.title),
        };
        let assets = &*ASSETS;
        Layout {
            meta,
            title,
            style: &assets.style,
            mark: &assets.mark,
            alternates: &self.alternates,
            fonts: &assets.fonts,
            nav: &self.nav,
            version: &self.version,
            body,
            account,
        }
        .render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_descriptions_and_navigation_are_escaped() {
        let nav = NavItem { href: "/a\"><i>".to_owned(), label: "<b>A&B</b>".to_owned() };
        let alternate = Alternate {
            href: "/a\"><i>".to_owned(),
            kind: "text/csv",
            title: "\" onload=\"x".to_owned(),
        };
        let shell = Shell::new("1<2", vec![nav]).with_alternates(vec![alternate]);
        let meta = PageMeta {
            title: "<script>alert(1)</script>",
            description: Some("\" onload=\"x"),
            path: None,
        };

        let html = shell.render(&meta, "<p>body</p>").unwrap();

        assert!(html.contains("<p>body</p>"));
        assert!(html.contains("<link rel=\"alternate\" type=\"text/csv\""), "{html}");
        assert!(!html.contains("<script"));
        assert!(!html.contains("\" onload=\""));
        assert!(!html.contains("<i>") && !html.contains("<b>A") && !html.contains("1<2"));
    }
}
