-- People, what they may do and how they sign in. Secrets are kept as hashes or sealed with the key in the data folder.

create table person (
    person_id uuid not null primary key,
    email text collate "C" not null,
    -- the address in lower case: one address, one account
    email_key text collate "C" not null unique,
    name text collate "C" not null,
    state text collate "C" not null,
    state_reason text collate "C",
    -- made by the demo; only such accounts give away their codes on the command line
    demo boolean not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    -- last sign-in, or the day of re-activation
    seen_at timestamptz
);
create index person_quiet on person (state, seen_at);

create table role_grant (
    grant_id uuid not null primary key,
    person_id uuid not null,
    role text collate "C" not null,
    place_kind text collate "C" not null,
    place_key text collate "C" not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    granted_at timestamptz not null,
    granted_by text collate "C" not null,
    ended_at timestamptz,
    ended_by text collate "C",
    end_reason text collate "C",
    -- last confirmed by an access review
    reviewed_at timestamptz
);
create index role_grant_person on role_grant (person_id, role, place_kind, place_key);
create index role_grant_place on role_grant (place_kind, place_key, role);

create table invitation (
    invitation_id uuid not null primary key,
    person_id uuid not null,
    -- 'invite' opens an account, 'password' sets a new password
    purpose text collate "C" not null,
    token_hash bytea not null unique,
    created_at timestamptz not null,
    created_by text collate "C" not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    withdrawn_at timestamptz
);
create index invitation_person on invitation (person_id, created_at);

-- kind: 'password' (a salted hash), 'totp' (a sealed secret); others will follow
create table credential (
    credential_id uuid not null primary key,
    person_id uuid not null,
    kind text collate "C" not null,
    label text collate "C" not null,
    secret bytea not null,
    created_at timestamptz not null,
    -- a second factor counts from its first right code on
    confirmed_at timestamptz,
    used_at timestamptz,
    -- the last accepted time step, so that a code works once
    last_step bigint
);
create index credential_person on credential (person_id, kind);

create table recovery_code (
    person_id uuid not null,
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (person_id, code_hash)
);

create table session (
    secret_hash bytea not null primary key,
    session_id uuid not null unique,
    person_id uuid not null,
    signed_in_at timestamptz not null,
    second_factor boolean not null,
    stepped_up_at timestamptz,
    used_at timestamptz not null,
    idle_ends_at timestamptz not null,
    ends_at timestamptz not null,
    address text collate "C",
    device text collate "C" not null
);
create index session_person on session (person_id, signed_in_at);
create index session_end on session (idle_ends_at);

create table api_token (
    token_id uuid not null primary key,
    person_id uuid not null,
    token_hash bytea not null unique,
    label text collate "C" not null,
    scopes text collate "C" not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
);
create index api_token_person on api_token (person_id, created_at);

-- Failed attempts by account (a hash of the address typed, whether or not it exists) and by client address.
create table sign_in_failure (
    subject text collate "C" not null primary key,
    failures bigint not null,
    last_at timestamptz not null,
    locked_until timestamptz
);
create index sign_in_failure_old on sign_in_failure (last_at);

create table access_review (
    review_id uuid not null primary key,
    center_id uuid not null,
    signed_at timestamptz not null,
    signed_by text collate "C" not null,
    signature text collate "C" not null,
    kept bigint not null,
    ended bigint not null
);
create index access_review_center on access_review (center_id, signed_at);

create table mail_outbox (
    mail_id uuid not null primary key,
    to_address text collate "C" not null,
    subject text collate "C" not null,
    body text collate "C" not null,
    created_at timestamptz not null,
    due_at timestamptz not null,
    attempts bigint not null,
    sent_at timestamptz,
    given_up_at timestamptz,
    error text collate "C"
);
create index mail_outbox_due on mail_outbox (due_at) where sent_at is null and given_up_at is null;

-- Who was let in, granted, refused: one chain for the platform.
create table access_audit (
    seq bigint not null primary key,
    at timestamptz not null,
    actor text collate "C" not null,
    channel text collate "C" not null,
    action text collate "C" not null,
    subject_kind text collate "C" not null,
    subject text collate "C" not null,
    center_id uuid,
    reason text collate "C",
    body text collate "C" not null,
    hash bytea not null
);
create index access_audit_subject on access_audit (subject_kind, subject, seq);
create index access_audit_center on access_audit (center_id, seq) where center_id is not null;
create trigger access_audit_is_not_changed before update or delete or truncate on access_audit
    for each statement execute function audit_is_append_only();

create table access_audit_head (
    id bigint not null primary key,
    seq bigint not null,
    hash bytea not null
);
insert into access_audit_head (id, seq, hash)
values (1, 0, decode('0000000000000000000000000000000000000000000000000000000000000000', 'hex'));
