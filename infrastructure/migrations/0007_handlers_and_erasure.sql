-- Live handlers, and what has become of people who were erased.

-- How far each handler has come, and which process runs it; leases as in read.checkpoints. What a handler passed
-- over is written with its next sign of life, so that events it does not care for cost no write each.
create table desk.handlers (
  name        text        not null,
  position    bigint      not null,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint handlers_name primary key (name)
) with (fillfactor = 50);

-- Events a handler gave up on, and every later one of the same ticket or user that it cares for, in order.
create table desk.parked_events (
  handler   text        not null,
  entity    uuid        not null,
  position  bigint      not null,
  error     text        not null,
  attempts  integer     not null,
  parked_at timestamptz not null default now(),
  constraint parked_events_event primary key (handler, position)
);

-- One row per erased person: how far their erasure has come. Holds nothing personal.
create table desk.erasures (
  user_id          uuid        not null,
  position         bigint      not null, -- of UserErased
  key_destroyed_at timestamptz,
  masked_at        timestamptz, -- no read model shows their texts any more; password, sessions and answers are gone
  done_at          timestamptz, -- no file of the database holds their texts any more, except for `remains`
  remains          text[]      not null default '{}', -- what could not be purged, and why
  constraint erasures_user_id primary key (user_id)
);

-- Every process asks now and then whose keys were destroyed lately.
create index subject_keys_destroyed_at on desk.subject_keys (destroyed_at) where destroyed_at is not null;

-- A requester's texts are found without reading everybody's.
create index ticket_page_requester on read.ticket_page (requester);

-- The planner's statistics are samples of what is in a column, and they outlive the rows. Of these there are none
-- from now on; giving a column its own type once more drops what was sampled before.
alter table desk.subject_keys alter column wrapped type bytea, alter column wrapped set statistics 0;
alter table desk.credentials alter column password_hash type text, alter column password_hash set statistics 0;
alter table desk.idempotency
  alter column key type text, alter column key set statistics 0,
  alter column headers type json, alter column headers set statistics 0,
  alter column body type text, alter column body set statistics 0;

grant select, insert, update, delete on desk.handlers, desk.parked_events, desk.erasures to ledgerdesk_app;
