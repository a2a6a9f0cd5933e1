-- Sign-ins as their owners see them, refresh tokens that survive a lost answer, and the record of what people did.

-- A sign-in ends for good some time after it began, however often it is renewed.
alter table desk.sessions
  add column expires_at   timestamptz,
  add column last_used_at timestamptz not null default now(),
  add column address      text, -- sealed with the owner's key
  add column device       text; -- likewise; none if the program did not say
update desk.sessions s
   set expires_at = coalesce((select max(t.expires_at) from desk.refresh_tokens t where t.family = s.family), now());
alter table desk.sessions
  alter column expires_at set not null,
  alter column address set statistics 0,
  alter column device set statistics 0;

-- A token has one successor, made of the token itself and a salt, so that whoever shows it again is given the same
-- one. It may be shown until the successor, or an access token issued with that, was used: then it had arrived.
-- What access_jti held is in access_tokens.
alter table desk.refresh_tokens
  add column salt         bytea,       -- of the successor; none as long as there is none
  add column successor    bytea,       -- its hash
  add column confirmed_at timestamptz, -- when this token, or an access token issued with it, was first used
  alter column access_jti drop not null;

-- Which sign-in an access token belongs to, and with which refresh token it was issued.
create table desk.access_tokens (
  jti        uuid        not null,
  family     uuid        not null references desk.sessions (family) on delete cascade,
  token_hash bytea       not null,
  expires_at timestamptz not null,
  constraint access_tokens_jti primary key (jti)
);
create index access_tokens_family on desk.access_tokens (family);
insert into desk.access_tokens (jti, family, token_hash, expires_at)
select access_jti, family, token_hash, expires_at from desk.refresh_tokens where access_jti is not null;

grant select, insert, update, delete on desk.access_tokens to ledgerdesk_app;

-- Who did what besides working on tickets: one row per event about sign-ins, exports, accounts and settings.
create table read.activity (
  position    bigint      not null,
  at          timestamptz not null, -- when the log accepted it
  action      text        not null, -- the event's type
  stream_type text        not null,
  stream      uuid        not null,
  actor_kind  text        not null,
  actor       uuid,
  person      uuid,                 -- whom it is about; texts are sealed with their key
  via         text        not null,
  details     text        not null, -- the event's fields without texts about people, as JSON
  address     text,
  device      text,
  constraint activity_position primary key (position)
);
create index activity_at on read.activity (at);
create index activity_actor on read.activity (actor, position) where actor is not null;
create index activity_person on read.activity (person, position) where person is not null;
create index activity_stream on read.activity (stream, position);
create index activity_action on read.activity (action, position);

insert into read.checkpoints (model) values ('activity');
grant select, insert, update, delete on read.activity to ledgerdesk_app;
