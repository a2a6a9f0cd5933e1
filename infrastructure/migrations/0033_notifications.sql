-- Notifications: who is told of what, and what of it still has to leave the house.

-- The notifications that were not deleted. They hold no texts: what they say is read from the ticket when they are shown.
create table read.notifications (
  id         uuid        not null,
  user_id    uuid        not null,
  kind       text        not null,
  ticket     uuid,
  message    uuid,
  by_id      uuid, -- who did it
  assignee   uuid, -- to whom the ticket was assigned
  status     text, -- where the ticket stood from then on
  alert      text, -- what a system alert says
  in_app     boolean     not null, -- whether the list shows it
  is_read    boolean     not null,
  read_at    timestamptz,
  created_at timestamptz not null,
  position   bigint      not null, -- of the event that raised it
  constraint notifications_id primary key (id)
) with (fillfactor = 80);
create index notifications_of_user on read.notifications (user_id, position) where in_app;
create index notifications_unread on read.notifications (user_id, position) where in_app and not is_read;

-- How many notifications everybody has, read and unread.
create table read.notification_counts (
  user_id text   not null, -- empty for those that no list shows
  state   text   not null, -- read or unread
  n       bigint not null,
  constraint notification_counts_cell primary key (user_id, state)
) with (fillfactor = 50);

insert into read.checkpoints (model) values ('notifications');

-- What is to be sent by mail or push. Texts are written when it is due, from what there is to be read then.
create table desk.notification_deliveries (
  notification uuid        not null,
  channel      text        not null,
  user_id      uuid        not null,
  position     bigint      not null, -- of the event: the read models have to show it
  due_at       timestamptz not null,
  is_held      boolean     not null, -- it waits for quiet hours to end or for a digest, and goes if it is read meanwhile
  in_digest    boolean     not null, -- all of one person go in one mail
  attempts     integer     not null default 0,
  constraint notification_deliveries_id primary key (notification, channel),
  constraint notification_deliveries_channel check (channel in ('email', 'push'))
) with (fillfactor = 80);
create index notification_deliveries_due on desk.notification_deliveries (due_at);
create index notification_deliveries_user on desk.notification_deliveries (user_id);

-- Whose texts a mail or a push quotes besides those of whom it goes to: persons, and messages with keys of their own.
alter table desk.outgoing_mail add column quotes uuid[] not null default '{}';
create index outgoing_mail_quotes on desk.outgoing_mail using gin (quotes);
alter table desk.outgoing_push add column quotes uuid[] not null default '{}';
create index outgoing_push_quotes on desk.outgoing_push using gin (quotes);

grant select, insert, update, delete on read.notifications, read.notification_counts, desk.notification_deliveries
  to ledgerdesk_app;
