-- Read models: everything in this schema follows from the log and can be dropped and built again.
-- What each column means: the row types in projections/src.

create schema read;

-- How far each read model has come, and which process keeps it. A process that lost its lease has an old
-- token and moves nothing.
create table read.checkpoints (
  model       text        not null,
  position    bigint      not null default 0,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint checkpoints_model primary key (model)
) with (fillfactor = 50);

-- Events a read model could not take, and every later event of the same ticket or user, in order.
create table read.parked (
  model     text        not null,
  entity    uuid        not null,
  position  bigint      not null,
  error     text        not null,
  parked_at timestamptz not null default now(),
  constraint parked_event primary key (model, position)
);

create table read.ticket_list (
  id              uuid        not null,
  number          bigint      not null, -- the position of its creation: unique, monotone, short
  title           text        not null,
  urgency         text        not null,
  impact          text,
  priority        text        not null,
  priority_rank   smallint    not null, -- 0 low .. 3 critical, for sorting
  priority_source text        not null,
  status          text        not null,
  department      text,
  requester       uuid        not null,
  assignee        uuid,
  misuse_flag     boolean     not null,
  version         integer     not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  resolved_at     timestamptz,
  closed_at       timestamptz,
  messages        integer     not null,
  constraint ticket_list_id primary key (id)
) with (fillfactor = 80);
create unique index ticket_list_number on read.ticket_list (number);
create index ticket_list_created on read.ticket_list (created_at desc, id desc);
create index ticket_list_department on read.ticket_list (department, created_at desc, id desc);
create index ticket_list_requester on read.ticket_list (requester, created_at desc, id desc);
create index ticket_list_assignee on read.ticket_list (assignee, created_at desc, id desc)
  where assignee is not null;

-- How many tickets there are by what lists are filtered by most.
create table read.ticket_counts (
  department  text   not null, -- empty for none
  status      text   not null,
  priority    text   not null,
  urgency     text   not null,
  misuse_flag text   not null,
  n           bigint not null,
  constraint ticket_counts_cell primary key (department, status, priority, urgency, misuse_flag)
) with (fillfactor = 50);

create table read.ticket_page (
  id                uuid        not null,
  number            bigint      not null,
  title             text        not null,
  description       text        not null,
  urgency           text        not null,
  impact            text,
  priority          text        not null,
  priority_source   text        not null,
  status            text        not null,
  department        text,
  requester         uuid        not null,
  assignee          uuid,
  misuse_flag       boolean     not null,
  version           integer     not null,
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  first_response_at timestamptz,
  resolved_at       timestamptz,
  closed_at         timestamptz,
  resolved_by       text,
  resolution        text,
  resolution_code   text,
  reopen_count      integer     not null,
  merged_into       uuid,
  feedback_rating   smallint,
  feedback_comment  text,
  messages          integer     not null, -- all of them
  public_messages   integer     not null, -- those the requester sees
  messages_version  integer     not null, -- the version of the conversation's stream
  constraint ticket_page_id primary key (id)
) with (fillfactor = 80);
create unique index ticket_page_number on read.ticket_page (number);

create table read.ticket_messages (
  id           uuid        not null,
  ticket       uuid        not null,
  position     bigint      not null,
  sender       uuid,
  sender_role  text        not null,
  message_type text        not null,
  content      text        not null,
  is_internal  boolean     not null,
  is_ai        boolean     not null,
  feedback     text        not null,
  created_at   timestamptz not null,
  constraint ticket_messages_id primary key (id)
);
create index ticket_messages_ticket on read.ticket_messages (ticket, position);

create table read.ticket_history (
  position    bigint      not null,
  ticket      uuid        not null,
  version     integer     not null,
  event_type  text        not null,
  action      text        not null,
  actor_kind  text        not null,
  actor       uuid,
  at          timestamptz not null,
  was         text,
  became      text,
  description text        not null,
  is_internal boolean     not null,
  constraint ticket_history_position primary key (position)
);
create index ticket_history_ticket on read.ticket_history (ticket, position);

create table read.user_directory (
  id          uuid        not null,
  username    text        not null,
  email       text        not null,
  role        text        not null,
  departments text        not null, -- codes separated by commas, one at each end: ',IT,HR,' or ','
  is_active   boolean     not null,
  version     integer     not null,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  constraint user_directory_id primary key (id)
);
create index user_directory_username on read.user_directory (username);
create index user_directory_created on read.user_directory (created_at desc, id desc);

insert into read.checkpoints (model)
values ('ticket_list'), ('ticket_page'), ('ticket_history'), ('user_directory');

grant usage on schema read to ledgerdesk_app;
grant select, insert, update, delete on all tables in schema read to ledgerdesk_app;
