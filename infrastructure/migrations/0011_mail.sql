-- Outgoing mail.

-- Mails that wait to be sent, and those that were given up, for a week. One that was sent has no row.
create table desk.outgoing_mail (
  id              uuid        not null, -- the Message-ID is made of it
  user_id         uuid, -- whose it is; null: somebody's without an account
  sealed          text        not null, -- address, subject and texts, with the person's key or else the desk's own
  created_at      timestamptz not null default now(),
  good_until      timestamptz not null,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  dead_at         timestamptz, -- it is tried no more
  error           text, -- why the last attempt failed; nothing personal
  constraint outgoing_mail_id primary key (id)
);
create index outgoing_mail_due on desk.outgoing_mail (next_attempt_at) where dead_at is null;
create index outgoing_mail_user_id on desk.outgoing_mail (user_id) where user_id is not null;
alter table desk.outgoing_mail alter column sealed set statistics 0;

-- Which process sends; a lease as in read.checkpoints, whose position does not move.
create table desk.mail_sender (
  name        text        not null,
  position    bigint      not null default 0,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint mail_sender_name primary key (name)
) with (fillfactor = 50);
insert into desk.mail_sender (name) values ('outgoing');

grant select, insert, update, delete on desk.outgoing_mail, desk.mail_sender to ledgerdesk_app;
