//! Networks and their centers, kept by the platform's staff.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::CenterId;
use site::{PageMeta, SignedIn};

use super::{CapacityPages, FormPage, form_page, page, take_form, work};
use crate::model::Network;
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;

/// Longest value that is read, in bytes.
const LONGEST: usize = 8000;

/// A network in the list.
struct Entry {
    key: String,
    name: String,
    countries: String,
    hotline: String,
    centers: usize,
}

/// A network as it was typed.
#[derive(Debug, Clone, Default)]
struct Typed {
    key: String,
    name: String,
    countries: String,
    hotline: String,
    hotline_public: bool,
    members: String,
}

#[derive(Template)]
#[template(path = "capacity/networks.html")]
struct List {
    all: Vec<Entry>,
    typed: Typed,
    wrong: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "capacity/network.html")]
struct One {
    typed: Typed,
    /// Numbers and names of its centers.
    centers: Vec<(String, String)>,
    wrong: Vec<(&'static str, String)>,
}

fn fault<'a>(wrong: &'a [(&'static str, String)], field: &str) -> Option<&'a str> {
    wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
}

impl List {
    fn fault(&self, field: &str) -> Option<&str> {
        fault(&self.wrong, field)
    }
}

impl One {
    fn fault(&self, field: &str) -> Option<&str> {
        fault(&self.wrong, field)
    }
}

impl FormPage for List {
    fn title(&self) -> String {
        "Networks".to_owned()
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

impl FormPage for One {
    fn title(&self) -> String {
        self.typed.name.clone()
    }

    fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}

impl Typed {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut out = Self::default();
        for (key, mut value) in pairs {
            // what is longer than the field allows is cut, and refused for what it then is
            let end = value.char_indices().map(|(at, _)| at).find(|at| *at > LONGEST);
            value.truncate(end.unwrap_or(value.len()));
            match key.as_str() {
                "key" => value.trim().clone_into(&mut out.key),
                "name" => value.trim().clone_into(&mut out.name),
                "countries" => out.countries = value,
                "hotline" => value.trim().clone_into(&mut out.hotline),
                "hotline_public" => out.hotline_public = true,
                "members" => out.members = value,
                _ => {}
            }
        }
        out
    }

    fn of(network: &Network, snapshot: &Snapshot) -> Self {
        let countries: Vec<&str> = network.countries.iter().map(String::as_str).collect();
        let numbers: Vec<String> =
            members(snapshot, &network.key).into_iter().map(|(number, _)| number).collect();
        Self {
            key: network.key.clone(),
            name: network.name.clone(),
            countries: countries.join(" "),
            hotline: network.hotline.clone(),
            hotline_public: network.hotline_public,
            members: numbers.join(" "),
        }
    }

    fn parts(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|it| !it.is_empty())
    }

    /// The network with its members; a number that no center has is named.
    fn network(&self, snapshot: &Snapshot) -> Result<(Network, Vec<CenterId>), CapacityError> {
        let mut ids = BTreeSet::new();
        let mut unknown = Vec::new();
        for number in Self::parts(&self.members) {
            match snapshot.by_number(number) {
                Some((center, _)) => drop(ids.insert(center.id)),
                None => unknown.push(number.chars().take(20).collect::<String>()),
            }
        }
        if !unknown.is_empty() {
            let told = format!("No listed center has the number {}.", unknown.join(", "));
            return Err(CapacityError::Values(vec![("members", told)]));
        }
        let countries = Self::parts(&self.countries).map(str::to_ascii_uppercase).collect();
        let network = Network {
            key: self.key.clone(),
            name: self.name.clone(),
            countries,
            hotline: self.hotline.clone(),
            hotline_public: self.hotline_public,
        };
        Ok((network, ids.into_iter().collect()))
    }
}

fn members(snapshot: &Snapshot, key: &str) -> Vec<(String, String)> {
    let all = snapshot.centers().filter(|(center, _)| center.networks.iter().any(|it| it == key));
    all.map(|(center, _)| (center.number.clone(), center.name.clone())).collect()
}

fn list_of(snapshot: &Snapshot, typed: Typed, wrong: Vec<(&'static str, String)>) -> List {
    let entry = |it: &Network| Entry {
        key: it.key.clone(),
        name: it.name.clone(),
        countries: it.countries.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        hotline: it.hotline.clone(),
        centers: members(snapshot, &it.key).len(),
    };
    List { all: snapshot.networks().iter().map(entry).collect(), typed, wrong }
}

/// All networks, and the form of a new one.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let body = work(&pages, &visitor, |capacity| {
        Ok(list_of(&*capacity.current()?, Typed::default(), Vec::new()))
    });
    let meta = PageMeta { title: "Networks", description: None, path: None };
    let body = body.await?;
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// Makes one.
pub(super) async fn add(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let (actor, typed) = (visitor.actor.clone(), Typed::read(pairs));
    take_form(&pages, &visitor, &headers, move |capacity| {
        let snapshot = capacity.current()?;
        let made = typed.network(&snapshot).and_then(|(network, members)| {
            if snapshot.networks().iter().any(|it| it.key == network.key) {
                let told = "There is a network of this key already.".to_owned();
                return Err(CapacityError::Values(vec![("key", told)]));
            }
            capacity.put_network(&actor, &network, &members)
        });
        match made {
            Ok(()) => Ok(Ok(format!("/capacity/networks/{}", typed.key))),
            Err(CapacityError::Values(wrong)) => Ok(Err(list_of(&snapshot, typed, wrong))),
            Err(other) => Err(other),
        }
    })
    .await
}

fn known(capacity: &Capacity, key: &str) -> Result<One, CapacityError> {
    let snapshot = capacity.current()?;
    let network = snapshot.networks().iter().find(|it| it.key == key);
    let network = network.ok_or(CapacityError::Missing)?;
    let typed = Typed::of(network, &snapshot);
    Ok(One { typed, centers: members(&snapshot, key), wrong: Vec::new() })
}

/// One network to be changed.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Response, Response> {
    let body = work(&pages, &visitor, move |capacity| known(capacity, &key)).await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

/// Writes one anew.
pub(super) async fn save(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(key): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    take_form(&pages, &visitor, &headers, move |capacity| {
        let before = known(capacity, &key)?;
        let typed = Typed { key, ..Typed::read(pairs) };
        let snapshot = capacity.current()?;
        let saved = typed
            .network(&snapshot)
            .and_then(|(network, members)| capacity.put_network(&actor, &network, &members));
        match saved {
            Ok(()) => Ok(Ok("/capacity/networks".to_owned())),
            Err(CapacityError::Values(wrong)) => Ok(Err(One { typed, wrong, ..before })),
            Err(other) => Err(other),
        }
    })
    .await
}
