//! All SQL of the first start.

db::statements! {
    /// The statements of the first start.
    pub STATEMENTS;

    /// More than one need not be told apart.
    pub(super) PEOPLE = "select count(*) as people from (select person_id from person limit 2) as known",
        scan_ok = "ends after two rows";
    pub(super) ADMINISTRATORS = "select count(distinct g.person_id) as administrators from role_grant g
        join person p on p.person_id = g.person_id
        where g.place_kind = 'platform' and g.place_key = '' and g.role = 'platform_administrator' and p.state = 'active'
            and g.ended_at is null and g.starts_at <= $1 and (g.ends_at is null or g.ends_at > $1)";
    pub(super) CENTERS_THAT_ENTER = "select count(distinct g.place_key) as centers from role_grant g
        join person p on p.person_id = g.person_id
        where g.place_kind = 'center' and g.role = 'data_manager' and p.state = 'active'
            and g.ended_at is null and g.starts_at <= $1 and (g.ends_at is null or g.ends_at > $1)";
}
