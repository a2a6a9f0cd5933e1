-- Every state that a row of read.ticket_list was ever in: the list as of position p has of each ticket the row with
-- the greatest position up to p. Rows are only added.
create table read.ticket_past (
  id              uuid        not null,
  position        bigint      not null, -- of the event that led to this state
  number          bigint      not null,
  title           text        not null,
  urgency         text        not null,
  impact          text,
  priority        text        not null,
  priority_rank   smallint    not null,
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
  constraint ticket_past_state primary key (id, position)
);

insert into read.checkpoints (model) values ('ticket_past');
grant select, insert, update, delete on read.ticket_past to ledgerdesk_app;
