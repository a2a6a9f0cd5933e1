-- What tickets are linked with: a row for each ticket of a link. Nothing was linked before.
create table read.ticket_links (
  id         text        not null, -- ticket and link, with a dot between
  ticket     uuid        not null,
  link       uuid        not null,
  position   bigint      not null,
  kind       text        not null, -- what the ticket is to the other one
  other      uuid,                 -- the other ticket
  url        text,                 -- or an address
  actor      uuid,
  created_at timestamptz not null,
  constraint ticket_links_id primary key (id)
);
create index ticket_links_ticket on read.ticket_links (ticket, position);
grant select, insert, update, delete on read.ticket_links to ledgerdesk_app;

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model = 'ticket_page';
