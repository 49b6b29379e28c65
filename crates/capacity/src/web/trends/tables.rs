//! The tables of the daily files, with their columns.

/// A table: its name, what it holds, and its columns with their types.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) columns: &'static [(&'static str, &'static str, &'static str)],
}

const AREA: [(&str, &str, &str); 5] = [
    ("day", "date", "Day in UTC"),
    ("country", "string", "ISO 3166-1 alpha-2"),
    ("age_group", "string", "neonate, pediatric, adult"),
    ("mode", "string", "Kind of support, or any"),
    ("withheld", "string", "yes where small numbers are protected"),
];

/// Every table.
pub(super) const TABLES: [Table; 5] = [
    Table {
        name: "status_by_country_daily",
        title: "What the centers of a country showed, in hours of a day",
        columns: &[
            AREA[0],
            AREA[1],
            AREA[2],
            AREA[3],
            ("centers", "integer", "Centers that offer it"),
            ("reporting_centers", "integer", "Of them with an hour that was reported"),
            ("reporting_share", "number", "Hours with a report that was fresh or aging, of all"),
            ("can_accept_hours", "integer", "Center-hours available"),
            ("limited_hours", "integer", "Center-hours limited"),
            ("full_hours", "integer", "Center-hours full"),
            (
                "not_known_hours",
                "integer",
                "Center-hours stale, expired, never reported or unknown",
            ),
            ("suspended_hours", "integer", "Center-hours suspended"),
            ("acceptance_share", "number", "Available or limited, of the known hours"),
            ("full_share", "number", "Full, of the known hours"),
            ("occupancy", "number", "Patients on ECLS for each staffed place"),
            ("median_age_minutes", "integer", "Median age of a report over the current hours"),
            (
                "team_ready_share",
                "number",
                "Retrieval team ready, of the hours in which it was known",
            ),
            AREA[4],
        ],
    },
    Table {
        name: "reporting_share_daily",
        title: "How much was reported, by country and day",
        columns: &[
            AREA[0],
            AREA[1],
            AREA[2],
            ("centers", "integer", "Centers that treat the age group"),
            ("reporting_centers", "integer", "Of them with an hour that was reported"),
            ("reporting_share", "number", "Hours with a report that was fresh or aging, of all"),
            AREA[4],
        ],
    },
    Table {
        name: "limits_monthly",
        title: "Reasons for limited and full, by country and month",
        columns: &[
            ("month", "yearmonth", "Month in UTC"),
            AREA[1],
            AREA[2],
            ("limited_or_full_hours", "integer", "Center-hours limited or full"),
            ("limit", "string", "The reason"),
            (
                "hours",
                "integer",
                "Center-hours in which it was named, on days that are not withheld",
            ),
        ],
    },
    Table {
        name: "enquiries_monthly",
        title: "Requests for a place, by country and month",
        columns: &[
            ("month", "yearmonth", "Month in UTC"),
            AREA[1],
            ("enquiries", "integer", "Requests that centers counted"),
            ("accepted", "integer", "Accepted, with or without retrieval"),
            ("declined_no_capacity", "integer", "Declined: no place"),
            ("declined_clinical", "integer", "Declined: for clinical reasons"),
            ("other", "integer", "Advice only, withdrawn, or no answer"),
            ("none_found", "integer", "No place was found elsewhere either"),
            AREA[4],
        ],
    },
    Table {
        name: "centers",
        title: "Centers as everybody sees them",
        columns: &[
            ("number", "string", "Number of the center"),
            ("name", "string", "Name"),
            ("city", "string", "City"),
            ("country", "string", "ISO 3166-1 alpha-2"),
            ("chapter", "string", "Chapter"),
            ("latitude", "number", "WGS84, degrees"),
            ("longitude", "number", "WGS84, degrees"),
            ("offers", "string", "Age groups and kinds of support, separated by blanks"),
            ("invented", "string", "yes for a center that is made up"),
        ],
    },
];
