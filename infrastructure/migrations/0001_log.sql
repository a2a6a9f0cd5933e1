-- The log. Everything the desk knows follows from `ledger.events`; nothing but `ledger.append_batch` writes
-- here, and nothing updates or deletes what was written. Decisions and figures: ARCHITECTURE.md, "Decisions: the log".

create schema ledger;

-- The role the service works as: it may read the log and call append_batch, no more.
do $$
begin
  if not exists (select from pg_roles where rolname = 'ledgerdesk_app') then
    create role ledgerdesk_app nologin;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of the same cluster is being set up at the same moment
end $$;

do $$
begin
  -- From version 16 on, whoever creates a role is a member that may not act as it until granted so.
  if not pg_has_role(current_user, 'ledgerdesk_app',
                     case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
    execute format('grant ledgerdesk_app to %I', current_user);
  end if;
end $$;

-- One row per event. Positions are 1, 2, 3 … in commit order; versions are 1, 2, 3 … within a stream.
create table ledger.events (
  position       bigint      not null,
  stream_id      uuid        not null,
  version        integer     not null,
  stream_type    text        not null,
  event_id       uuid        not null,
  event_type     text        not null,
  schema_version smallint    not null,
  occurred_at    timestamptz not null,
  recorded_at    timestamptz not null,
  actor_kind     text        not null,
  actor_id       uuid,
  via            text        not null,
  command_id     uuid        not null,
  causation_id   uuid,
  correlation_id uuid        not null,
  payload        json        not null, -- json, not jsonb: kept to the letter, so the hash can be recomputed
  leaf_hash      bytea       not null, -- SHA-256 over header and payload, see infrastructure/src/log/leaf.rs
  constraint events_position primary key (position),
  constraint events_stream unique (stream_id, version)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_freeze_min_age = 0);

create index events_recorded_at on ledger.events using brin (recorded_at);

-- The events as readers take them: the payload as text, to be parsed once and by them.
create view ledger.feed as
select position, stream_id, version, stream_type, event_id, event_type, schema_version, occurred_at, recorded_at,
       actor_kind, actor_id, via, command_id, causation_id, correlation_id, payload::text as payload, leaf_hash
  from ledger.events;

-- One row per accepted batch; each block's hash covers the block before it.
create table ledger.blocks (
  last_position  bigint      not null,
  first_position bigint      not null,
  recorded_at    timestamptz not null,
  block_hash     bytea       not null,
  constraint blocks_last_position primary key (last_position)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_freeze_min_age = 0);

-- One row per accepted append, for ever: the same command id has the same outcome.
create table ledger.commands (
  command_id     uuid   not null,
  fingerprint    bytea, -- what a repeatable request said; null if nobody can repeat it
  first_position bigint not null,
  last_position  bigint not null,
  constraint commands_command_id primary key (command_id)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_freeze_min_age = 0);

-- Values only one stream may hold at a time, as keyed hashes.
create table ledger.claims (
  kind      text  not null,
  key_hash  bytea not null,
  stream_id uuid  not null,
  constraint claims_value primary key (kind, key_hash)
);

-- What was taken from an allowance, until its window has passed.
create table ledger.quota (
  key uuid        not null,
  at  timestamptz not null
);
create index quota_key on ledger.quota (key, at);

-- Nobody changes or removes what was written, the owner included.
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger events_are_for_ever before update or delete or truncate on ledger.events
  for each statement execute function ledger.refuse_change();
create trigger blocks_are_for_ever before update or delete or truncate on ledger.blocks
  for each statement execute function ledger.refuse_change();
create trigger commands_are_for_ever before update or delete or truncate on ledger.commands
  for each statement execute function ledger.refuse_change();

-- Appends many independent appends in one transaction under one lock.
--
-- a_*: one element per append. x_*: the streams each append read, with the version it read (0 = new).
-- c_*, r_*: claims taken and released. q_*: allowances. e_*: the events, in order; e_append, x_append … hold
-- the 1-based number of the append. The caller puts appends that share a stream, a claim, an allowance or a
-- command id into different batches, so that checking all of them against the state before the batch is
-- the same as checking one after the other.
--
-- The events of the accepted appends have the positions base + 1, base + 2 … in order. status is null when every
-- append was accepted; otherwise status, first_position, last_position and retry_at have an element per append:
--   accepted   its events are in the log
--   duplicate  they had been before, from first_position to last_position
--   reused     its command id belongs to another command
--   conflict   a stream is not at the version it read
--   claimed:K  another stream holds a value of kind K
--   quota      the allowance is used up until retry_at
--
-- Must run alone in a READ COMMITTED transaction: the statements after the lock have to see what the lock's
-- previous holder committed.
create function ledger.append_batch(
  a_command uuid[], a_fingerprint bytea[],
  x_append int[], x_stream uuid[], x_expected int[],
  c_append int[], c_kind text[], c_key bytea[], c_stream uuid[],
  r_append int[], r_kind text[], r_key bytea[], r_stream uuid[],
  q_append int[], q_key uuid[], q_limit int[], q_seconds int[],
  e_append int[], e_stream uuid[], e_version int[], e_stream_type text[], e_id uuid[], e_type text[],
  e_schema smallint[], e_occurred timestamptz[], e_actor_kind text[], e_actor uuid[], e_via text[],
  e_cause uuid[], e_correlation uuid[], e_payload text[], e_leaf bytea[],
  out base bigint, out recorded timestamptz, out status text[], out first_position bigint[],
  out last_position bigint[], out retry_at timestamptz[])
language plpgsql volatile security definer set search_path = ledger, pg_temp as $$
declare
  previous_hash bytea;
  appended bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'append_batch needs READ COMMITTED, not %', current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state';
  end if;
  perform pg_advisory_xact_lock(7301, 1);

  select b.last_position, b.block_hash, greatest(clock_timestamp(), b.recorded_at)
    into base, previous_hash, recorded
    from blocks b order by b.last_position desc limit 1;
  if base is null then
    base := 0; previous_hash := sha256('ledgerdesk'); recorded := clock_timestamp();
  end if;

  if exists (select from unnest(a_command) a(id) where exists (select from commands k where k.command_id = a.id))
     or exists (select from unnest(x_stream, x_expected) x(stream, expected)
                 where x.expected <> coalesce((select e.version from events e where e.stream_id = x.stream
                                               order by e.version desc limit 1), 0))
     or (cardinality(c_append) > 0 and exists
          (select from unnest(c_kind, c_key, c_stream) c(kind, key, stream)
             join claims h on h.kind = c.kind and h.key_hash = c.key and h.stream_id <> c.stream))
     or (cardinality(q_append) > 0 and exists
          (select from unnest(q_key, q_limit, q_seconds) q(key, max, seconds)
            where q.max <= (select count(*) from quota u
                             where u.key = q.key and u.at > recorded - make_interval(secs => q.seconds))))
  then
    -- Of all that can be said of an append, what weighs most.
    select array_agg(v.verdict order by v.i), array_agg(v.first_pos order by v.i),
           array_agg(v.last_pos order by v.i), array_agg(v.retry order by v.i)
      into status, first_position, last_position, retry_at
      from (select distinct on (s.i) s.*
              from (select g.i::bigint as i, 0 as weight, 'accepted' as verdict, null::bigint as first_pos,
                           null::bigint as last_pos, null::timestamptz as retry
                      from generate_subscripts(a_command, 1) g(i)
                    union all
                    select a.i, 4, case when k.fingerprint is distinct from a.fingerprint then 'reused' else 'duplicate' end,
                           k.first_position, k.last_position, null
                      from unnest(a_command, a_fingerprint) with ordinality a(id, fingerprint, i)
                      join commands k on k.command_id = a.id
                    union all
                    select x.i, 3, 'conflict', null, null, null
                      from unnest(x_append, x_stream, x_expected) x(i, stream, expected)
                     where x.expected <> coalesce((select e.version from events e where e.stream_id = x.stream
                                                   order by e.version desc limit 1), 0)
                    union all
                    select c.i, 2, 'claimed:' || c.kind, null, null, null
                      from unnest(c_append, c_kind, c_key, c_stream) c(i, kind, key, stream)
                      join claims h on h.kind = c.kind and h.key_hash = c.key and h.stream_id <> c.stream
                    union all
                    select q.i, 1, 'quota', null, null, t.oldest + make_interval(secs => q.seconds)
                      from unnest(q_append, q_key, q_limit, q_seconds) q(i, key, max, seconds)
                     cross join lateral (select count(*) as taken, min(n.at) as oldest
                                           from (select u.at from quota u
                                                  where u.key = q.key
                                                    and u.at > recorded - make_interval(secs => q.seconds)
                                                  order by u.at desc limit q.max) n) t
                     where t.taken >= q.max) s
             order by s.i, s.weight desc) v;
    if 'duplicate' = any(status) then
      -- An answer about an earlier append waits for the same replicas that the append waited for.
      perform pg_logical_emit_message(true, 'ledgerdesk', 'duplicate');
    end if;
  end if;

  with e as (
    select base + row_number() over (order by u.ord) as pos, u.*
      from unnest(e_append, e_stream, e_version, e_stream_type, e_id, e_type, e_schema, e_occurred, e_actor_kind,
                  e_actor, e_via, e_cause, e_correlation, e_payload, e_leaf) with ordinality
           u(append, stream, version, stream_type, id, type, schema, occurred, actor_kind, actor, via, cause,
             correlation, payload, leaf, ord)
     where status is null or status[u.append] = 'accepted'
  ), new_events as (
    insert into events
    select e.pos, e.stream, e.version, e.stream_type, e.id, e.type, e.schema, e.occurred, recorded, e.actor_kind,
           e.actor, e.via, a_command[e.append], e.cause, e.correlation, e.payload::json, e.leaf
      from e
  ), new_commands as (
    insert into commands
    select a_command[e.append], a_fingerprint[e.append], min(e.pos), max(e.pos) from e group by e.append
  )
  insert into blocks
  select max(e.pos), min(e.pos), recorded,
         sha256('\x02'::bytea || previous_hash || int8send(min(e.pos)) || int8send(max(e.pos))
                || int8send((extract(epoch from recorded) * 1000000)::bigint)
                || string_agg(e.leaf, ''::bytea order by e.pos))
    from e having count(*) > 0;

  if cardinality(r_append) > 0 then
    delete from claims h using unnest(r_append, r_kind, r_key, r_stream) r(append, kind, key, stream)
     where h.kind = r.kind and h.key_hash = r.key and h.stream_id = r.stream
       and (status is null or status[r.append] = 'accepted');
  end if;
  if cardinality(c_append) > 0 then
    insert into claims
    select c.kind, c.key, c.stream from unnest(c_append, c_kind, c_key, c_stream) c(append, kind, key, stream)
     where (status is null or status[c.append] = 'accepted')
       and not exists (select from claims h where h.kind = c.kind and h.key_hash = c.key);
  end if;
  if cardinality(q_append) > 0 then
    delete from quota u using unnest(q_key, q_seconds) q(key, seconds)
     where u.key = q.key and u.at <= recorded - make_interval(secs => q.seconds);
    insert into quota
    select q.key, recorded from unnest(q_append, q_key) q(append, key)
     where status is null or status[q.append] = 'accepted';
  end if;
end $$;

-- So that a service that may not migrate can tell whether the schema is the one it expects.
grant select on public._sqlx_migrations to ledgerdesk_app;

revoke execute on function ledger.append_batch from public;
grant usage on schema ledger to ledgerdesk_app;
grant select on ledger.events, ledger.feed, ledger.blocks, ledger.commands, ledger.claims, ledger.quota to ledgerdesk_app;
grant execute on function ledger.append_batch to ledgerdesk_app;
