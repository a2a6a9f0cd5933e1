-- Web Push: the browsers that people let the desk notify, and what waits to be sent to them.

-- The key by which push services know the desk (VAPID): one line, made by the node that needs it first.
create table desk.push_key (
  name       text        not null,
  sealed     text        not null, -- with the desk's own key
  created_at timestamptz not null default now(),
  constraint push_key_name primary key (name)
);
alter table desk.push_key alter column sealed set statistics 0;

-- The browsers: registrations, as sign-ins are, so rows and no events. An address is one person's.
create table desk.push_subscriptions (
  id            uuid        not null,
  user_id       uuid        not null,
  endpoint_hash bytea       not null, -- keyed, so that a dump cannot be searched for an address
  sealed        text        not null, -- the address and the browser's keys, with the person's key
  device        text,                 -- likewise; none if the browser did not say
  created_at    timestamptz not null default now(), -- when the browser last registered
  last_used_at  timestamptz,          -- when its push service last took something
  quiet_until   timestamptz not null default '-infinity', -- its push service asked to be left alone
  constraint push_subscriptions_id primary key (id),
  constraint push_subscriptions_endpoint_hash unique (endpoint_hash)
);
create index push_subscriptions_user_id on desk.push_subscriptions (user_id, created_at);
alter table desk.push_subscriptions alter column sealed set statistics 0, alter column device set statistics 0;

-- What is to be sent; and, for a day, what was taken, so that a notice that is put twice is sent once; and, for a week,
-- what was given up.
create table desk.outgoing_push (
  id              uuid        not null, -- made of the notice and the subscription
  user_id         uuid        not null,
  subscription    uuid        not null,
  sealed          text,                 -- what it says, with the person's key; none once it has ended
  state           text        not null default 'pending',
  created_at      timestamptz not null default now(),
  good_until      timestamptz not null,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  ended_at        timestamptz,          -- it was taken, or is tried no more
  error           text,                 -- why the last attempt failed; nothing personal
  constraint outgoing_push_id primary key (id),
  constraint outgoing_push_subscription foreign key (subscription)
    references desk.push_subscriptions (id) on delete cascade,
  constraint outgoing_push_state check (state in ('pending', 'taken', 'dead'))
);
create index outgoing_push_due on desk.outgoing_push (subscription, next_attempt_at) where state = 'pending';
create index outgoing_push_of on desk.outgoing_push (subscription);
create index outgoing_push_user_id on desk.outgoing_push (user_id);
create index outgoing_push_ended on desk.outgoing_push (ended_at) where state <> 'pending';
alter table desk.outgoing_push alter column sealed set statistics 0;

-- Which process sends; a lease as in read.checkpoints, whose position does not move.
create table desk.push_sender (
  name        text        not null,
  position    bigint      not null default 0,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint push_sender_name primary key (name)
) with (fillfactor = 50);
insert into desk.push_sender (name) values ('push');

grant select, insert, update, delete on desk.push_key, desk.push_subscriptions, desk.outgoing_push, desk.push_sender
  to ledgerdesk_app;
