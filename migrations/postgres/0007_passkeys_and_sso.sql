-- Passkeys, identities at sign-in services, and steps of both that must not be taken twice.

create table passkey (
    passkey_id uuid not null primary key,
    person_id uuid not null,
    -- as the authenticator made it
    credential_id bytea not null unique,
    -- COSE_Key (RFC 9052)
    public_key bytea not null,
    -- the authenticator's own count of signatures; 0 when it keeps none
    sign_count bigint not null,
    -- kept by more than one device
    backed_up boolean not null,
    transports text collate "C" not null,
    label text collate "C" not null,
    created_at timestamptz not null,
    used_at timestamptz
);
create index passkey_person on passkey (person_id, created_at);

create table sso_identity (
    issuer text collate "C" not null,
    subject text collate "C" not null,
    person_id uuid not null,
    created_at timestamptz not null,
    used_at timestamptz not null,
    primary key (issuer, subject)
);
-- one account, one identity at each service
create unique index sso_identity_person on sso_identity (person_id, issuer);

create table used_step (
    step_hash bytea not null primary key,
    -- a step that old is refused anyway
    until timestamptz not null
);
create index used_step_old on used_step (until);
