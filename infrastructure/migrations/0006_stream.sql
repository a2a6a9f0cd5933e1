-- What lets a reader of the log notice that its history was exchanged, and where readers keep their places.

-- One row per run of one server on one database: a restart, a restore, a copy or a promotion opens the next. Whoever
-- appends has looked here over the same connection first, so between two rows everything was written by one server,
-- one event after the other: two logs that share a row share everything up to the row that follows it in either.
create table ledger.epochs (
  epoch             integer     not null, -- 1, 2, 3 …
  id                uuid        not null, -- drawn at random: two copies that each open epoch 7 do not share it
  started_at        timestamptz not null,
  from_position     bigint      not null, -- the head when it was opened
  from_block_hash   bytea       not null,
  system_identifier bigint,               -- the cluster's; null where the server does not tell
  timeline          integer,              -- null where the server does not tell
  database          oid         not null,
  server_started_at timestamptz not null,
  constraint epochs_epoch primary key (epoch)
);

create trigger epochs_are_for_ever before update or delete or truncate on ledger.epochs
  for each statement execute function ledger.refuse_change();

-- Opens the next epoch if this is not the server, timeline or database of the newest. Gives the newest epoch.
--
-- Must run alone in a READ COMMITTED transaction, as append_batch.
create function ledger.open_epoch() returns integer
language plpgsql volatile security definer set search_path = ledger, pg_temp as $$
declare
  cluster bigint;
  line integer;
  base oid := (select d.oid from pg_database d where d.datname = current_database());
  server timestamptz := pg_postmaster_start_time();
  newest epochs;
  head bigint;
  head_hash bytea;
begin
  begin
    select s.system_identifier into cluster from pg_control_system() s;
    select c.timeline_id into line from pg_control_checkpoint() c;
  exception when insufficient_privilege then
    null; -- a server may keep that to itself; database and start remain
  end;
  for attempt in 1..2 loop
    select e.* into newest from epochs e order by e.epoch desc limit 1;
    if newest.epoch is not null
       and (newest.system_identifier, newest.timeline, newest.database, newest.server_started_at)
           is not distinct from (cluster, line, base, server)
    then
      return newest.epoch;
    end if;
    -- Looked again under the lock: another node may be doing the same, and nobody may append meanwhile.
    perform pg_advisory_xact_lock(7301, 1);
  end loop;
  select b.last_position, b.block_hash into head, head_hash from blocks b order by b.last_position desc limit 1;
  insert into epochs
  values (coalesce(newest.epoch, 0) + 1, gen_random_uuid(), clock_timestamp(), coalesce(head, 0),
          coalesce(head_hash, sha256('ledgerdesk')), cluster, line, base, server);
  return coalesce(newest.epoch, 0) + 1;
end $$;

revoke execute on function ledger.open_epoch from public;
grant select on ledger.epochs to ledgerdesk_app;
grant execute on function ledger.open_epoch to ledgerdesk_app;

-- Durable consumers of the log: how far each has acknowledged. Not derived from the log.
create table desk.consumers (
  name         text        not null,
  types        text[]      not null, -- which events; empty for all
  streams      uuid[]      not null, -- of which streams; empty for all
  position     bigint      not null, -- up to where it has acknowledged
  cursor       text        not null, -- the same as a proof of which log it was
  created_by   uuid        not null,
  created_at   timestamptz not null default now(),
  acked_at     timestamptz,
  last_seen_at timestamptz,
  constraint consumers_name primary key (name)
);
grant select, insert, update, delete on desk.consumers to ledgerdesk_app;
