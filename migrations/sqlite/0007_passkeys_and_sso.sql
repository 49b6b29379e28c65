-- Passkeys, identities at sign-in services, and steps of both that must not be taken twice.

create table passkey (
    passkey_id blob not null primary key,
    person_id blob not null,
    -- as the authenticator made it
    credential_id blob not null unique,
    -- COSE_Key (RFC 9052)
    public_key blob not null,
    -- the authenticator's own count of signatures; 0 when it keeps none
    sign_count integer not null,
    -- kept by more than one device
    backed_up integer not null,
    transports text not null,
    label text not null,
    created_at integer not null,
    used_at integer
) strict, without rowid;
create index passkey_person on passkey (person_id, created_at);

create table sso_identity (
    issuer text not null,
    subject text not null,
    person_id blob not null,
    created_at integer not null,
    used_at integer not null,
    primary key (issuer, subject)
) strict, without rowid;
-- one account, one identity at each service
create unique index sso_identity_person on sso_identity (person_id, issuer);

create table used_step (
    step_hash blob not null primary key,
    -- a step that old is refused anyway
    until integer not null
) strict, without rowid;
create index used_step_old on used_step (until);
