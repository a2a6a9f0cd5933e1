-- What people are writing on tickets and have not sent. Drafts are no events: nobody decides on them, and they go.
-- One that was sent or thrown away leaves its row without words, so that versions go on and none comes twice.
create table desk.drafts (
  user_id     uuid        not null, -- whose it is, and who alone reads it
  ticket      uuid        not null, -- the ticket's stream
  requester   uuid        not null, -- whose ticket it is: when they are erased, it goes
  version     integer     not null,
  sealed      text,                 -- what it says, with its writer's key; null: nothing is left of it
  is_internal boolean     not null default false,
  updated_at  timestamptz not null default now(),
  constraint drafts_user_id_ticket primary key (user_id, ticket)
);
create index drafts_requester on desk.drafts (requester);
alter table desk.drafts alter column sealed set statistics 0;

grant select, insert, update, delete on desk.drafts to ledgerdesk_app;
