-- Attachments: what is uploaded beside the log, and what the events say of it.

-- Uploads under way: what they wrote is removed if they do not come to an end.
create table desk.uploads (
  id         uuid        not null, -- the attachment's, and the name of its object
  started_at timestamptz not null default now(),
  constraint uploads_id primary key (id)
);

-- Files that were uploaded whole. Their content is in the store, sealed with a key of their own.
create table desk.attachments (
  id          uuid        not null,
  uploader    uuid        not null,
  ticket      uuid, -- the stream of the ticket that it is for; null until that is known
  requester   uuid, -- whose ticket that is
  sealed_key  text        not null, -- the content's key, under the attachment's own and then the uploader's
  sealed_name text        not null, -- likewise
  size        bigint      not null, -- of the content, in bytes
  mime        text        not null,
  sha256      text        not null, -- of the content, in hexadecimal digits
  is_used     boolean     not null default false, -- the log was seen to have it
  touched_at  timestamptz not null default now(), -- when it was uploaded, or a command was to use it
  removing_at timestamptz, -- since when nobody may use it, as it is being looked at whether it goes
  constraint attachments_id primary key (id)
);
create index attachments_unused on desk.attachments (touched_at) where not is_used;
create index attachments_uploader on desk.attachments (uploader);
create index attachments_requester on desk.attachments (requester) where requester is not null;
alter table desk.attachments alter column sealed_key set statistics 0, alter column sealed_name set statistics 0;
grant select, insert, update, delete on desk.uploads, desk.attachments to ledgerdesk_app;

-- The files on tickets and with messages. None was there before.
create table read.ticket_attachments (
  id          uuid        not null,
  ticket      uuid        not null,
  message     uuid, -- null: with the ticket itself
  position    bigint      not null,
  uploader    uuid        not null,
  name        text        not null,
  size        bigint      not null,
  mime        text        not null,
  sha256      text        not null,
  is_internal boolean     not null,
  added_at    timestamptz not null,
  constraint ticket_attachments_id primary key (id)
);
create index ticket_attachments_ticket on read.ticket_attachments (ticket, position);
create index ticket_attachments_uploader on read.ticket_attachments (uploader);
create index ticket_attachments_message on read.ticket_attachments (message) where message is not null;
grant select, insert, update, delete on read.ticket_attachments to ledgerdesk_app;

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model = 'ticket_page';
