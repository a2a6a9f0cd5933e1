-- What people prove their address with, and choose another password with.

-- Codes sent to addresses, for a day, and the tokens they were exchanged for. Nobody's name is in it: the address is a
-- keyed hash, and so is the code; the token is 256 random bits, of which SHA-256 is kept.
create table desk.mail_codes (
  id               uuid        not null,
  address          bytea       not null,
  code_hash        bytea       not null,
  created_at       timestamptz not null default now(),
  expires_at       timestamptz not null,
  attempts         smallint    not null default 0,
  used_at          timestamptz, -- when it was exchanged
  token_hash       bytea,
  token_expires_at timestamptz,
  token_used_at    timestamptz, -- when it led to an account
  token_tries      smallint    not null default 0,
  constraint mail_codes_id primary key (id),
  constraint mail_codes_token_hash unique (token_hash)
);
create index mail_codes_address on desk.mail_codes (address, created_at);
create index mail_codes_created_at on desk.mail_codes (created_at);

-- Tokens to choose another password with, for a day; of each SHA-256.
create table desk.password_resets (
  token_hash bytea       not null,
  user_id    uuid        not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz,
  constraint password_resets_token_hash primary key (token_hash)
);
create index password_resets_user_id on desk.password_resets (user_id, created_at);

grant select, insert, update, delete on desk.mail_codes, desk.password_resets to ledgerdesk_app;
