-- Second factors. That an account has one is in the log; here is what must not be.

-- What an authenticator app and the desk share, sealed with the person's key. A row alone asks for nothing: the log
-- says whether a code is asked for.
create table desk.second_factors (
  user_id    uuid        not null,
  secret     text        not null,
  last_step  bigint,     -- the newest half minute whose code was accepted; none up to it is good any more
  created_at timestamptz not null default now(),
  constraint second_factors_user_id primary key (user_id)
);

-- Codes for when the app is lost, hashed; each is good once.
create table desk.recovery_codes (
  user_id   uuid        not null,
  code_hash bytea       not null,
  used_at   timestamptz,
  constraint recovery_codes_code primary key (user_id, code_hash)
);

-- As of all secrets, the planner keeps no samples of these.
alter table desk.second_factors alter column secret set statistics 0;
alter table desk.recovery_codes alter column code_hash set statistics 0;

grant select, insert, update, delete on desk.second_factors, desk.recovery_codes to ledgerdesk_app;
