-- People, what they may do and how they sign in. Secrets are kept as hashes or sealed with the key in the data folder.

create table person (
    person_id blob not null primary key,
    email text not null,
    -- the address in lower case: one address, one account
    email_key text not null unique,
    name text not null,
    state text not null,
    state_reason text,
    -- made by the demo; only such accounts give away their codes on the command line
    demo integer not null,
    created_at integer not null,
    changed_at integer not null,
    -- last sign-in, or the day of re-activation
    seen_at integer
) strict, without rowid;
create index person_quiet on person (state, seen_at);

create table role_grant (
    grant_id blob not null primary key,
    person_id blob not null,
    role text not null,
    place_kind text not null,
    place_key text not null,
    starts_at integer not null,
    ends_at integer,
    granted_at integer not null,
    granted_by text not null,
    ended_at integer,
    ended_by text,
    end_reason text,
    -- last confirmed by an access review
    reviewed_at integer
) strict, without rowid;
create index role_grant_person on role_grant (person_id, role, place_kind, place_key);
create index role_grant_place on role_grant (place_kind, place_key, role);

create table invitation (
    invitation_id blob not null primary key,
    person_id blob not null,
    -- 'invite' opens an account, 'password' sets a new password
    purpose text not null,
    token_hash blob not null unique,
    created_at integer not null,
    created_by text not null,
    expires_at integer not null,
    used_at integer,
    withdrawn_at integer
) strict, without rowid;
create index invitation_person on invitation (person_id, created_at);

-- kind: 'password' (a salted hash), 'totp' (a sealed secret); others will follow
create table credential (
    credential_id blob not null primary key,
    person_id blob not null,
    kind text not null,
    label text not null,
    secret blob not null,
    created_at integer not null,
    -- a second factor counts from its first right code on
    confirmed_at integer,
    used_at integer,
    -- the last accepted time step, so that a code works once
    last_step integer
) strict, without rowid;
create index credential_person on credential (person_id, kind);

create table recovery_code (
    person_id blob not null,
    code_hash blob not null,
    created_at integer not null,
    used_at integer,
    primary key (person_id, code_hash)
) strict, without rowid;

create table session (
    secret_hash blob not null primary key,
    session_id blob not null unique,
    person_id blob not null,
    signed_in_at integer not null,
    second_factor integer not null,
    stepped_up_at integer,
    used_at integer not null,
    idle_ends_at integer not null,
    ends_at integer not null,
    address text,
    device text not null
) strict, without rowid;
create index session_person on session (person_id, signed_in_at);
create index session_end on session (idle_ends_at);

create table api_token (
    token_id blob not null primary key,
    person_id blob not null,
    token_hash blob not null unique,
    label text not null,
    scopes text not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer,
    revoked_at integer
) strict, without rowid;
create index api_token_person on api_token (person_id, created_at);

-- Failed attempts by account (a hash of the address typed, whether or not it exists) and by client address.
create table sign_in_failure (
    subject text not null primary key,
    failures integer not null,
    last_at integer not null,
    locked_until integer
) strict, without rowid;
create index sign_in_failure_old on sign_in_failure (last_at);

create table access_review (
    review_id blob not null primary key,
    center_id blob not null,
    signed_at integer not null,
    signed_by text not null,
    signature text not null,
    kept integer not null,
    ended integer not null
) strict, without rowid;
create index access_review_center on access_review (center_id, signed_at);

create table mail_outbox (
    mail_id blob not null primary key,
    to_address text not null,
    subject text not null,
    body text not null,
    created_at integer not null,
    due_at integer not null,
    attempts integer not null,
    sent_at integer,
    given_up_at integer,
    error text
) strict, without rowid;
create index mail_outbox_due on mail_outbox (due_at) where sent_at is null and given_up_at is null;

-- Who was let in, granted, refused: one chain for the platform.
create table access_audit (
    seq integer not null primary key,
    at integer not null,
    actor text not null,
    channel text not null,
    action text not null,
    subject_kind text not null,
    subject text not null,
    center_id blob,
    reason text,
    body text not null,
    hash blob not null
) strict, without rowid;
create index access_audit_subject on access_audit (subject_kind, subject, seq);
create index access_audit_center on access_audit (center_id, seq) where center_id is not null;
create trigger access_audit_is_not_changed before update on access_audit
begin select raise(abort, 'audit rows are append-only'); end;
create trigger access_audit_is_not_deleted before delete on access_audit
begin select raise(abort, 'audit rows are append-only'); end;

create table access_audit_head (
    id integer not null primary key,
    seq integer not null,
    hash blob not null
) strict, without rowid;
insert into access_audit_head (id, seq, hash)
values (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000');
