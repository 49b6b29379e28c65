//! Lights of centers as EDXL-HAVE 2.0, after the working draft that followed WD08; the final CS02 could not be read
//! (`docs/adr/0034-have-follows-a-working-draft.md`). `have/have.xsd` holds exactly what is written here.
//!
//! The light is always written, also when nothing is known: readers have drawn a missing one green. A count that is not
//! known is left out, and with it the element around it, which must have one; it is never zero.

mod first;

use std::io;

use directory::centers::AgeGroup;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::fhir::second;
use crate::model::Center;
use crate::view::{CenterView, LineView, NOTICE, ago};
use crate::words::{Freshness, Light, Reason};

pub(crate) use first::document as first_document;

const NAMESPACES: [(&str, &str); 6] = [
    ("xmlns:have", "urn:oasis:names:tc:emergency:edxl:have:2.0"),
    ("xmlns:edxl-ct", "urn:oasis:names:tc:emergency:edxl:ct:1.0"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xnl", "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl"),
    ("xmlns:xpil", "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xpil"),
    ("xmlns:xal", "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xal"),
];
/// The draft's list of colors, which has no grey.
const COLORS: &str = "urn:oasis:names:tc:emergency:EDXL:HAVE:2.0:Defaults:ColourCode";
/// Our own list, for grey.
const OWN_COLORS: &str = "urn:openecls:have:light";

type Out = Writer<Vec<u8>>;

/// A color, from the one that promises most to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Color {
    Green,
    Yellow,
    Grey,
    Red,
}

impl Color {
    /// What is too old to be relied on is not known: the format has no faded light.
    const fn of(line: &LineView) -> Self {
        if line.stale || matches!(line.freshness, Freshness::Expired | Freshness::Never) {
            return Self::Grey;
        }
        match line.effective_status {
            Light::Available => Self::Green,
            Light::Limited => Self::Yellow,
            Light::Full | Light::NotOffered => Self::Red,
            Light::Unknown | Light::Suspended => Self::Grey,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Grey => "grey",
            Self::Red => "red",
        }
    }

    const fn told(self) -> &'static str {
        match self {
            Self::Green => "Everything that is offered can be accepted.",
            Self::Yellow => "Part of what is offered is limited: call.",
            Self::Grey => "Part of what is offered is not known: call.",
            Self::Red => "Part of what is offered is full.",
        }
    }
}

/// A document of centers, as one reader sees them; none without a center that offers something, since a document
/// has at least one.
///
/// # Errors
/// None that writing to memory could raise.
pub(crate) fn document(centers: &[(&Center, CenterView)]) -> io::Result<Option<String>> {
    let offering = || centers.iter().filter(|(_, view)| !view.lines.is_empty());
    if offering().next().is_none() {
        return Ok(None);
    }
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 1);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    out.create_element("have:HAVE").with_attributes(NAMESPACES).write_inner_content(|out| {
        inside(out, "have:organizationInformation", |out| organization(out, "OpenECLS", None))?;
        text(out, "have:reportComment", NOTICE)?;
        for (center, view) in offering() {
            inside(out, "have:facility", |out| facility(out, center, view))?;
        }
        Ok(())
    })?;
    Ok(Some(String::from_utf8_lossy(&out.into_inner()).into_owned()))
}

fn inside(
    out: &mut Out,
    name: &str,
    write: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    out.create_element(name).write_inner_content(write).map(drop)
}

/// A text without the characters that no XML holds.
fn text(out: &mut Out, name: &str, text: &str) -> io::Result<()> {
    let sound = |it: &char| !matches!(it, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().filter(sound).collect();
    out.create_element(name).write_text_content(BytesText::new(&text)).map(drop)
}

fn organization(out: &mut Out, name: &str, place: Option<&Center>) -> io::Result<()> {
    inside(out, "xnl:OrganisationName", |out| text(out, "xnl:NameElement", name))?;
    let Some(place) = place.filter(|it| !it.country.is_empty()) else { return Ok(()) };
    inside(out, "xpil:Addresses", |out| {
        inside(out, "xpil:Address", |out| {
            inside(out, "xal:Country", |out| text(out, "xal:NameElement", &place.country))?;
            if place.city.is_empty() {
                return Ok(());
            }
            inside(out, "xal:Locality", |out| text(out, "xal:NameElement", &place.city))
        })
    })
}

fn facility(out: &mut Out, center: &Center, view: &CenterView) -> io::Result<()> {
    inside(out, "have:facilityInformation", |out| {
        // a number is made of letters that an XML id takes
        text(out, "have:facilityID", &format!("center-{}", center.number))?;
        text(out, "have:facilityName", &center.name)?;
        if let Some((lat, lon)) = center.position {
            inside(out, "have:facilityGeoLocation", |out| {
                inside(out, "edxl-ct:EDXLGeoLocation", |out| {
                    let place = format!("place-{}", center.number);
                    let point = out.create_element("gml:Point");
                    let point = point.with_attribute(("gml:id", place.as_str()));
                    point
                        .write_inner_content(|out| text(out, "gml:pos", &format!("{lat} {lon}")))?;
                    Ok(())
                })
            })?;
        }
        inside(out, "have:facilityDetails", |out| organization(out, &center.name, Some(center)))
    })?;
    inside(out, "have:serviceList", |out| {
        text(out, "have:taxonomyURI", "urn:openecls:have:service")?;
        text(out, "have:taxonomyName", "Extracorporeal life support by age group and mode")?;
        let mut lines = view.lines.iter();
        lines.try_for_each(|line| {
            inside(out, "have:serviceListItem", |out| service(out, view, line))
        })
    })?;
    let worst = view.lines.iter().map(Color::of).max().unwrap_or(Color::Grey);
    inside(out, "have:facilityColourStatus", |out| {
        inside(out, "have:colourCode", |out| color(out, worst))?;
        text(out, "have:colourDescription", worst.told())
    })
}

fn color(out: &mut Out, color: Color) -> io::Result<()> {
    let list = if color == Color::Grey { OWN_COLORS } else { COLORS };
    text(out, "edxl-ct:ValueListURI", list)?;
    text(out, "edxl-ct:Value", color.word())
}

const fn age_name(age: AgeGroup) -> &'static str {
    match age {
        AgeGroup::Neonate => "neonates",
        AgeGroup::Pediatric => "children",
        AgeGroup::Adult => "adults",
    }
}

fn service(out: &mut Out, view: &CenterView, line: &LineView) -> io::Result<()> {
    let (age, mode) = (line.age_group, line.mode);
    let key = format!("ecls.{}.{}", age.as_str(), mode.as_str().to_lowercase());
    text(out, "have:serviceTaxonomyKeyValue", &key)?;
    text(out, "have:serviceName", &format!("ECLS for {}, {}", age_name(age), mode.label()))?;
    let light = Color::of(line);
    let counts = line.counts.filter(|_| light != Color::Grey);
    let free = counts.and_then(|it| it.available_now);
    let available = match light {
        Color::Green => true,
        Color::Yellow => free.is_some_and(|free| free >= 1),
        Color::Grey | Color::Red => false,
    };
    inside(out, "have:serviceStatus", |out| {
        text(out, "have:isAvailable", if available { "true" } else { "false" })?;
        inside(out, "have:colourStatus", |out| {
            inside(out, "have:colourCodeDefault", |out| color(out, light))
        })?;
        text(out, "have:comment", &comment(view, line))
    })?;
    let Some((free, counts)) = free.zip(counts) else { return Ok(()) };
    inside(out, "have:serviceBedCapacity", |out| {
        text(out, "have:availableCount", &free.to_string())?;
        if let Some(slots) = counts.staffed_slots {
            text(out, "have:baselineCount", &slots.to_string())?;
        }
        let further = [("24", counts.additional_24h), ("72", counts.additional_72h)];
        let further = further.into_iter().filter_map(|(hours, count)| {
            Some(format!("Further places within {hours} hours: {}.", count?))
        });
        let note = further.collect::<Vec<String>>().join(" ");
        if note.is_empty() { Ok(()) } else { text(out, "have:capacityNote", &note) }
    })
}

/// The light in words with its age, which the format has no other place for.
fn comment(view: &CenterView, line: &LineView) -> String {
    let label = line.effective_status.label();
    let Some(at) = line.valid_at else {
        return format!(
            "{}. Never reported.",
            if view.suspended.is_some() { label } else { Light::Unknown.label() }
        );
    };
    let since = second(at);
    let age = ago(view.generated_at.as_micros().saturating_sub(at.as_micros()));
    if line.stale {
        return format!(
            "{}. Last known as \"{label}\" at {since}, {age}: too old to be relied on.",
            Light::Unknown.label()
        );
    }
    match line.effective_reason {
        Some(reason @ (Reason::Expired | Reason::AfterSuspension)) => {
            format!("{label}: {}. Last report {since}, {age}.", reason.label())
        }
        _ => format!("{label}. Reported {since}, {age}."),
    }
}
