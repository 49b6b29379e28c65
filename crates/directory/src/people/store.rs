//! All SQL about people, their roles, invitations and reviews.

/// The columns of `Held`, of table alias `g`.
macro_rules! held {
    () => {
        "g.grant_id, g.person_id, g.role, g.place_kind, g.place_key, g.starts_at, g.ends_at, g.granted_at,
         g.granted_by, g.ended_at, g.reviewed_at"
    };
}

/// The columns of `Person`, of table alias `p`.
macro_rules! person {
    () => {
        "p.person_id, p.email, p.name, p.state, p.state_reason, p.demo, p.created_at, p.seen_at"
    };
}

/// The columns of `Person` behind those of `Held`, under names of their own.
macro_rules! member {
    () => {
        "p.person_id as id, p.email, p.name, p.state, p.state_reason, p.demo, p.created_at, p.seen_at"
    };
}

db::statements! {
    /// The statements about people.
    pub STATEMENTS;

    pub(crate) ADD_PERSON = "insert into person (person_id, email, email_key, name, state, demo, created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)";
    pub(crate) PERSON = concat!("select ", person!(), " from person p where p.person_id = $1");
    pub(crate) PERSON_BY_EMAIL = concat!("select ", person!(), " from person p where p.email_key = $1");
    pub(crate) SET_STATE = "update person set state = $3, state_reason = $4, changed_at = $5,
        seen_at = coalesce($6, seen_at) where person_id = $1 and state = $2";
    pub(crate) SET_NAME = "update person set name = $2, changed_at = $3 where person_id = $1";
    pub(crate) SEEN = "update person set seen_at = $2 where person_id = $1";
    pub(crate) QUIET = concat!("select ", person!(), " from person p
        where p.state = 'active' and p.seen_at < $1 and not exists (select 1 from api_token t
            where t.person_id = p.person_id and t.used_at >= $1 and t.revoked_at is null)
        order by p.seen_at limit $2");
    pub(crate) ALL_PEOPLE = concat!("select ", person!(), " from person p where p.email_key > $1
        order by p.email_key limit $2");
    pub(crate) SEARCH = concat!("select ", person!(), " from person p
        where p.email_key like $1 escape '!' or lower(p.name) like $1 escape '!' order by p.email_key limit $2"),
        scan_ok = "a search in the middle of words, by the platform's administrators";

    pub(crate) ADD_GRANT = "insert into role_grant (grant_id, person_id, role, place_kind, place_key, starts_at, ends_at,
            granted_at, granted_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    pub(crate) GRANT = concat!("select ", held!(), " from role_grant g where g.grant_id = $1");
    pub(crate) GRANTS_OF = concat!("select ", held!(), " from role_grant g where g.person_id = $1
        order by g.place_kind, g.place_key, g.role, g.granted_at");
    pub(crate) IN_FORCE = "select role, place_kind, place_key from role_grant where person_id = $1 and ended_at is null
        and starts_at <= $2 and (ends_at is null or ends_at > $2)";
    pub(crate) END_GRANT = "update role_grant set ended_at = $2, ended_by = $3, end_reason = $4
        where grant_id = $1 and ended_at is null";
    pub(crate) REVIEWED = "update role_grant set reviewed_at = $2 where grant_id = $1 and ended_at is null";
    /// Who else could decide there: active, and in force now.
    pub(crate) OTHERS = "select count(*) as others from role_grant g join person p on p.person_id = g.person_id
        where g.place_kind = $1 and g.place_key = $2 and g.role = $3 and g.person_id <> $4 and p.state = 'active'
            and g.ended_at is null and g.starts_at <= $5 and (g.ends_at is null or g.ends_at > $5)";
    pub(crate) MEMBERS = concat!("select ", held!(), ", ", member!(), " from role_grant g
        join person p on p.person_id = g.person_id
        where g.place_kind = $1 and g.place_key = $2 and g.ended_at is null and (g.ends_at is null or g.ends_at > $3)
        order by p.email_key, g.role, g.granted_at");

    pub(crate) ADD_INVITATION = "insert into invitation (invitation_id, person_id, purpose, token_hash, created_at,
            created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
    pub(crate) WITHDRAW_INVITATIONS = "update invitation set withdrawn_at = $3
        where person_id = $1 and purpose = $2 and used_at is null and withdrawn_at is null";
    pub(crate) INVITATION = "select i.invitation_id, i.person_id, i.purpose, p.name, p.email, i.expires_at
        from invitation i join person p on p.person_id = i.person_id
        where i.token_hash = $1 and i.used_at is null and i.withdrawn_at is null and i.expires_at > $2";
    pub(crate) USE_INVITATION = "update invitation set used_at = $2
        where invitation_id = $1 and used_at is null and withdrawn_at is null and expires_at > $2";

    pub(crate) CENTER_OF_NUMBER = "select center_id, name from center where number = $1";
    pub(crate) CENTER_NAME = "select number, name from center where center_id = $1";

    pub(crate) ADD_REVIEW = "insert into access_review (review_id, center_id, signed_at, signed_by, signature, kept, ended)
        values ($1, $2, $3, $4, $5, $6, $7)";
    pub(crate) LAST_REVIEW = "select max(signed_at) as signed_at from access_review where center_id = $1";
    pub(crate) FIRST_GRANT = "select min(granted_at) as granted_at from role_grant
        where place_kind = 'center' and place_key = $1 and ended_at is null";

    pub(crate) ADD_MAIL = "insert into mail_outbox (mail_id, to_address, subject, body, created_at, due_at, attempts)
        values ($1, $2, $3, $4, $5, $5, 0)";
    pub(crate) MAIL_DUE = "select mail_id, to_address, subject, body, attempts from mail_outbox
        where sent_at is null and given_up_at is null and due_at <= $1 and created_at > $3
        order by due_at limit $2";
    pub(crate) MAIL_SENT = "update mail_outbox set sent_at = $2, body = '', error = null where mail_id = $1";
    pub(crate) MAIL_FAILED = "update mail_outbox set attempts = $2, due_at = $3, given_up_at = $4, error = $5
        where mail_id = $1";
}
