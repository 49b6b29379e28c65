//! The same as EDXL-HAVE 1.0 (OASIS, November 2008), which many receivers still read. It has bed types with named parts and
//! two states, and no light: what is not known has no state, since nothing may be assumed about what is not stated.
//! `have/first.xsd` holds exactly what is written here.

use std::collections::BTreeMap;
use std::io;

use directory::centers::AgeGroup;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

use super::{Color, Out, comment, inside, text};
use crate::fhir::second;
use crate::model::Center;
use crate::view::{CenterView, LineView};

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:have", "urn:oasis:names:tc:emergency:EDXL:HAVE:1.0"),
    ("xmlns:gml", "http://www.opengis.net/gml"),
    ("xmlns:xnl", "urn:oasis:names:tc:ciq:xnl:3"),
];

/// A document of centers, as one reader sees them; none without a center that offers something.
///
/// # Errors
/// None that writing to memory could raise.
pub(crate) fn document(centers: &[(&Center, CenterView)]) -> io::Result<Option<String>> {
    let offering: Vec<_> = centers.iter().filter(|(_, view)| !view.lines.is_empty()).collect();
    if offering.is_empty() {
        return Ok(None);
    }
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 1);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = out.create_element("have:HospitalStatus").with_attributes(NAMESPACES);
    root.write_inner_content(|out| {
        offering.iter().try_for_each(|(center, view)| {
            inside(out, "have:Hospital", |out| hospital(out, center, view))
        })
    })?;
    Ok(Some(String::from_utf8_lossy(&out.into_inner()).into_owned()))
}

fn hospital(out: &mut Out, center: &Center, view: &CenterView) -> io::Result<()> {
    inside(out, "have:Organization", |out| {
        inside(out, "have:OrganizationInformation", |out| {
            let id = format!("center-{}", center.number);
            let name = out.create_element("xnl:OrganisationName");
            name.with_attribute(("xnl:ID", id.as_str()))
                .write_inner_content(|out| text(out, "xnl:NameElement", &center.name))
                .map(drop)
        })?;
        let Some((lat, lon)) = center.position else { return Ok(()) };
        inside(out, "have:OrganizationGeoLocation", |out| {
            let place = format!("place-{}", center.number);
            let point = out.create_element("gml:Point");
            point
                .with_attribute(("gml:id", place.as_str()))
                .write_inner_content(|out| text(out, "gml:pos", &format!("{lat} {lon}")))
                .map(drop)
        })
    })?;
    let mut beds: BTreeMap<AgeGroup, Vec<&LineView>> = BTreeMap::new();
    for line in &view.lines {
        beds.entry(line.age_group).or_default().push(line);
    }
    inside(out, "have:HospitalBedCapacityStatus", |out| {
        beds.iter().try_for_each(|(age, lines)| {
            inside(out, "have:BedCapacity", |out| bed(out, *age, view, lines))
        })
    })?;
    // the oldest of what is told: a reader takes this time for all of it
    let oldest = view.lines.iter().filter(|it| is_known(it)).filter_map(|it| it.valid_at).min();
    text(out, "have:LastUpdateTime", &second(oldest.unwrap_or(view.generated_at)))
}

fn bed(out: &mut Out, age: AgeGroup, view: &CenterView, lines: &[&LineView]) -> io::Result<()> {
    let kind = match age {
        AgeGroup::Neonate => "NeonatalICU",
        AgeGroup::Pediatric => "PediatricICU",
        AgeGroup::Adult => "AdultICU",
    };
    text(out, "have:BedType", kind)?;
    // that no patient on support can be taken says nothing about the other beds of the ward
    if lines.iter().any(|line| is_vacant(line) == Some(true)) {
        inside(out, "have:Capacity", |out| status(out, true))?;
    }
    for line in lines {
        text(out, "have:SubCategoryBedType", &format!("ECLS {}", line.mode.as_str()))?;
        let Some(vacant) = is_vacant(line) else { continue };
        inside(out, "have:Capacity", |out| {
            status(out, vacant)?;
            let Some(counts) = line.counts else { return Ok(()) };
            for (name, count) in [
                ("have:AvailableCount", counts.available_now),
                ("have:BaselineCount", counts.staffed_slots),
                ("have:AdditionalCapacityCount24Hr", counts.additional_24h),
                ("have:AdditionalCapacityCount72Hr", counts.additional_72h),
            ] {
                if let Some(count) = count {
                    text(out, name, &count.to_string())?;
                }
            }
            Ok(())
        })?;
    }
    lines.iter().try_for_each(|line| {
        let told = format!("ECLS {}: {}", line.mode.as_str(), comment(view, line));
        text(out, "have:CommentText", &told)
    })
}

fn is_known(line: &LineView) -> bool {
    Color::of(line) != Color::Grey
}

/// Whether a patient can be taken; none when that is not known. *Limited* needs a place that the reader may see.
fn is_vacant(line: &LineView) -> Option<bool> {
    match Color::of(line) {
        Color::Green => Some(true),
        Color::Yellow => Some(line.counts?.available_now? >= 1),
        Color::Red => Some(false),
        Color::Grey => None,
    }
}

fn status(out: &mut Out, vacant: bool) -> io::Result<()> {
    text(out, "have:CapacityStatus", if vacant { "Vacant/Available" } else { "NotAvailable" })
}
