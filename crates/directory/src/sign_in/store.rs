//! All SQL about credentials, sessions, tokens and failed attempts.

db::statements! {
    /// The statements of sign-in.
    pub STATEMENTS;

    pub(crate) ADD_CREDENTIAL = "insert into credential (credential_id, person_id, kind, label, secret, created_at,
            confirmed_at) values ($1, $2, $3, $4, $5, $6, $7)";
    pub(crate) DROP_CREDENTIALS = "delete from credential where person_id = $1 and kind = $2";
    pub(crate) DROP_UNCONFIRMED = "delete from credential where person_id = $1 and kind = $2 and confirmed_at is null";
    pub(crate) CREDENTIALS = "select credential_id, secret, created_at, confirmed_at, used_at from credential
        where person_id = $1 and kind = $2 order by created_at desc";
    /// Everything that the key file seals and that is kept.
    pub(crate) SEALED = "select credential_id, secret from credential where kind = 'totp'",
        scan_ok = "the operator's self-check looks at all of them";
    pub(crate) CONFIRM = "update credential set confirmed_at = $2, used_at = $2, last_step = $3
        where credential_id = $1 and confirmed_at is null";
    /// A code counts once: its step must lie after the last accepted one.
    pub(crate) USE_STEP = "update credential set used_at = $2, last_step = $3
        where credential_id = $1 and (last_step is null or last_step < $3)";
    /// The password's hash of an address; also for accounts without one.
    pub(crate) PASSWORD_BY_EMAIL = "select p.person_id, p.state, c.secret from person p
        left join credential c on c.person_id = p.person_id and c.kind = 'password' where p.email_key = $1";
    pub(crate) FACTORS = "select (select count(*) from credential
            where person_id = $1 and kind = 'totp' and confirmed_at is not null)
        + (select count(*) from passkey where person_id = $1) as factors";

    pub(crate) ADD_PASSKEY = "insert into passkey (passkey_id, person_id, credential_id, public_key, sign_count, backed_up,
            transports, label, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (credential_id) do nothing";
    pub(crate) PASSKEY = "select passkey_id, person_id, public_key from passkey where credential_id = $1";
    /// The authenticator's count must grow, unless it keeps none.
    pub(crate) USE_PASSKEY = "update passkey set used_at = $2, sign_count = $3, backed_up = $4
        where passkey_id = $1 and (sign_count < $3 or (sign_count = 0 and $3 = 0))";
    pub(crate) PASSKEY_IDS = "select credential_id, transports from passkey where person_id = $1 order by created_at";
    pub(crate) PASSKEYS = "select passkey_id, label, created_at, used_at, backed_up from passkey
        where person_id = $1 order by created_at desc";
    pub(crate) NAME_PASSKEY = "update passkey set label = $3 where passkey_id = $1 and person_id = $2";
    pub(crate) DROP_PASSKEY = "delete from passkey where passkey_id = $1 and person_id = $2";
    pub(crate) DROP_PASSKEYS = "delete from passkey where person_id = $1";

    /// A step is taken once: no row is added the second time.
    pub(crate) TAKE_STEP = "insert into used_step (step_hash, until) values ($1, $2) on conflict (step_hash) do nothing";
    pub(crate) SWEEP_STEPS = "delete from used_step where until <= $1";

    pub(crate) IDENTITY = "select person_id from sso_identity where issuer = $1 and subject = $2";
    pub(crate) IDENTITIES = "select issuer, subject, created_at, used_at from sso_identity where person_id = $1 order by issuer";
    pub(crate) ADD_IDENTITY = "insert into sso_identity (issuer, subject, person_id, created_at, used_at)
        values ($1, $2, $3, $4, $4) on conflict do nothing";
    pub(crate) USE_IDENTITY = "update sso_identity set used_at = $3 where issuer = $1 and subject = $2";
    pub(crate) OPEN_INVITATION = "select invitation_id from invitation where person_id = $1 and purpose = 'invite'
        and used_at is null and withdrawn_at is null and expires_at > $2 order by created_at desc";
    pub(crate) PASSWORDS = "select count(*) as passwords from credential where person_id = $1 and kind = 'password'";
    pub(crate) DROP_IDENTITY = "delete from sso_identity where person_id = $1 and issuer = $2";

    pub(crate) ADD_RECOVERY => recovery_code(person_id, code_hash, created_at);
    pub(crate) DROP_RECOVERY = "delete from recovery_code where person_id = $1";
    pub(crate) USE_RECOVERY = "update recovery_code set used_at = $3
        where person_id = $1 and code_hash = $2 and used_at is null";
    pub(crate) RECOVERY_LEFT = "select count(*) as remaining from recovery_code where person_id = $1 and used_at is null";

    pub(crate) ADD_SESSION = "insert into session (secret_hash, session_id, person_id, signed_in_at, second_factor,
            stepped_up_at, used_at, idle_ends_at, ends_at, address, device)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    /// Who somebody is, with the roles in force at this moment: one statement for each request.
    pub(crate) SESSION = "select s.session_id, s.person_id, s.signed_in_at, s.second_factor, s.stepped_up_at, s.used_at,
            s.idle_ends_at, s.ends_at, p.name, p.state,
            exists (select 1 from credential c where c.person_id = p.person_id and c.kind = 'totp'
                and c.confirmed_at is not null) as has_totp,
            exists (select 1 from passkey k where k.person_id = p.person_id) as has_passkey,
            g.role, g.place_kind, g.place_key
        from session s join person p on p.person_id = s.person_id
        left join role_grant g on g.person_id = s.person_id and g.ended_at is null and g.starts_at <= $2
            and (g.ends_at is null or g.ends_at > $2)
        where s.secret_hash = $1";
    pub(crate) USE_SESSION = "update session set used_at = $2, idle_ends_at = $3 where secret_hash = $1";
    pub(crate) END_SESSION = "delete from session where secret_hash = $1";
    pub(crate) END_DEVICE = "delete from session where session_id = $1 and person_id = $2";
    pub(crate) END_OTHERS = "delete from session where person_id = $1 and session_id <> $2";
    pub(crate) END_ALL = "delete from session where person_id = $1";
    pub(crate) DEVICES = "select session_id, signed_in_at, used_at, second_factor, address, device from session
        where person_id = $1 and idle_ends_at > $2 and ends_at > $2 order by used_at desc";
    pub(crate) SWEEP_SESSIONS = "delete from session where idle_ends_at <= $1";

    pub(crate) ADD_TOKEN = "insert into api_token (token_id, person_id, token_hash, label, scopes, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    pub(crate) TOKEN = "select t.token_id, t.person_id, t.scopes, t.expires_at, t.revoked_at, t.used_at, p.name, p.state,
            g.role, g.place_kind, g.place_key
        from api_token t join person p on p.person_id = t.person_id
        left join role_grant g on g.person_id = t.person_id and g.ended_at is null and g.starts_at <= $2
            and (g.ends_at is null or g.ends_at > $2)
        where t.token_hash = $1";
    pub(crate) USE_TOKEN = "update api_token set used_at = $2 where token_id = $1";
    pub(crate) TOKENS = "select token_id, label, scopes, created_at, expires_at, used_at, revoked_at from api_token
        where person_id = $1 order by created_at desc";
    pub(crate) REVOKE_TOKEN = "update api_token set revoked_at = $3
        where token_id = $1 and person_id = $2 and revoked_at is null";
    pub(crate) REVOKE_ALL_TOKENS = "update api_token set revoked_at = $2 where person_id = $1 and revoked_at is null";

    pub(crate) LOCKED_UNTIL = "select locked_until from sign_in_failure where subject = $1";
    pub(crate) CHARGE = "insert into sign_in_failure (subject, failures, last_at, locked_until) values ($1, 1, $2, null)
        on conflict (subject) do update set
            failures = case when sign_in_failure.last_at < $3 then 1 else sign_in_failure.failures + 1 end,
            last_at = $2
        returning failures";
    pub(crate) LOCK = "update sign_in_failure set locked_until = $2 where subject = $1";
    /// Takes a charge back; a lock that nobody else has deepened since goes with it.
    pub(crate) REFUND = "update sign_in_failure set failures = failures - 1,
            locked_until = case when failures = $2 then null else locked_until end
        where subject = $1 and failures > 0";
    pub(crate) CLEAR = "delete from sign_in_failure where subject = $1";
    pub(crate) SWEEP_FAILURES = "delete from sign_in_failure where last_at < $1";
}
