-- What is not derived from the log: secrets, sessions, keys, answers kept for repeated requests.

create schema desk;

-- The key that seals everything about one person, wrapped with the master key. Destroying it (wrapped is
-- null from then on) makes that person's texts unreadable everywhere, for ever.
create table desk.subject_keys (
  subject      uuid        not null,
  wrapped      bytea,
  created_at   timestamptz not null default now(),
  destroyed_at timestamptz,
  constraint subject_keys_subject primary key (subject)
);

-- Password hashes (PHC strings).
create table desk.credentials (
  user_id       uuid        not null,
  password_hash text        not null,
  changed_at    timestamptz not null default now(),
  constraint credentials_user_id primary key (user_id)
);

-- One row per sign-in: all refresh tokens that descend from it are one family.
create table desk.sessions (
  family     uuid        not null,
  user_id    uuid        not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint sessions_family primary key (family)
);
create index sessions_user_id on desk.sessions (user_id);

-- Refresh tokens, by hash. Each is good for one use; using one twice revokes its family.
create table desk.refresh_tokens (
  token_hash bytea       not null,
  family     uuid        not null references desk.sessions (family) on delete cascade,
  access_jti uuid        not null, -- the access token issued with it
  expires_at timestamptz not null,
  used_at    timestamptz,
  constraint refresh_tokens_token_hash primary key (token_hash)
);
create index refresh_tokens_family on desk.refresh_tokens (family);
create index refresh_tokens_access_jti on desk.refresh_tokens (access_jti);

-- Access tokens that were signed out before they expired.
create table desk.revoked_tokens (
  jti        uuid        not null,
  expires_at timestamptz not null,
  constraint revoked_tokens_jti primary key (jti)
);

-- Answers to requests with an Idempotency-Key, sealed with the caller's key, for 24 hours.
create table desk.idempotency (
  caller      uuid        not null,
  key         text        not null,
  fingerprint bytea       not null,
  status      smallint    not null,
  headers     json        not null,
  body        text        not null,
  created_at  timestamptz not null default now(),
  constraint idempotency_key primary key (caller, key)
);
create index idempotency_created_at on desk.idempotency (created_at);

grant usage on schema desk to ledgerdesk_app;
grant select, insert, update, delete on all tables in schema desk to ledgerdesk_app;
