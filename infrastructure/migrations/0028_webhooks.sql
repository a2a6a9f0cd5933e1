-- Webhooks: whom the desk tells of events, and how far that has come.

-- The webhooks as their events say. Addresses and secrets are in desk.webhook_vault, under the ids that stand here.
create table read.webhooks (
  id               uuid        not null,
  host             text        not null,
  url_id           uuid        not null,
  secret_id        uuid        not null,
  former_secret_id uuid,        -- signs as well,
  former_until     timestamptz, -- until then
  types            text        not null, -- `,TicketCreated,TicketResolved,`; `,` for all
  internal         boolean     not null,
  enabled          boolean     not null,
  disabled_because text,        -- why the desk did it
  is_removed       boolean     not null,
  begins_behind    bigint      not null, -- the position where reading begins, or begins again
  begun_at         bigint      not null, -- the position of the event that says so
  version          integer     not null,
  position         bigint      not null, -- of its newest event
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  constraint webhooks_id primary key (id)
);
insert into read.checkpoints (model) values ('webhooks');

-- Addresses and secrets, sealed with the desk's own key, each bound to its webhook and what it is.
create table desk.webhook_vault (
  id         uuid        not null,
  webhook    uuid        not null,
  sealed     text        not null,
  created_at timestamptz not null default now(),
  constraint webhook_vault_id primary key (id)
);
create index webhook_vault_webhook on desk.webhook_vault (webhook);
alter table desk.webhook_vault alter column sealed set statistics 0;

-- Up to where the log was looked at for each webhook.
create table desk.webhook_progress (
  webhook     uuid        not null,
  position    bigint      not null,
  begun_at    bigint      not null, -- which beginning of read.webhooks it goes on from
  failures    integer     not null default 0, -- attempts that failed since the last that did not
  quiet_until timestamptz not null default '-infinity', -- the receiver asked to be left alone
  constraint webhook_progress_webhook primary key (webhook)
) with (fillfactor = 50);

-- What is to be sent, was sent or given up: at most a thousand of each webhook wait, the log has the rest.
create table desk.webhook_deliveries (
  id              uuid        not null,
  webhook         uuid        not null,
  position        bigint      not null, -- the event
  event_id        uuid        not null, -- what the message is called
  event_type      text        not null,
  subject         uuid        not null, -- the ticket, or else the stream: within it one after the other
  state           text        not null default 'pending',
  attempts        integer     not null default 0,
  queued_at       timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  attempted_at    timestamptz,
  ended_at        timestamptz, -- it was taken, or is tried no more
  status          integer, -- what the receiver answered last
  error           text,    -- in a word, why the last attempt failed; nothing of the address or the answer
  duration_ms     integer, -- how long the last attempt took
  constraint webhook_deliveries_id primary key (id),
  constraint webhook_deliveries_position unique (webhook, position),
  constraint webhook_deliveries_state check (state in ('pending', 'delivered', 'dead'))
);
create index webhook_deliveries_due on desk.webhook_deliveries (webhook, subject, position) where state = 'pending';
create index webhook_deliveries_ended on desk.webhook_deliveries (ended_at) where state <> 'pending';

-- Which process reads and sends; a lease as in read.checkpoints, whose position does not move.
create table desk.webhook_sender (
  name        text        not null,
  position    bigint      not null default 0,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint webhook_sender_name primary key (name)
) with (fillfactor = 50);
insert into desk.webhook_sender (name) values ('webhooks');

grant select, insert, update, delete on read.webhooks to ledgerdesk_app;
grant select, insert, update, delete on desk.webhook_vault, desk.webhook_progress, desk.webhook_deliveries,
  desk.webhook_sender to ledgerdesk_app;
