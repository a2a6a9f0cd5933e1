-- Where a ticket lives on since it was merged, and that it does not any more: a row for each merge and for each that was taken
-- back. As of position p a ticket has the row with the greatest position up to p. None was merged before.
create table read.ticket_merges (
  id          uuid        not null,
  position    bigint      not null, -- of the event
  merged_into uuid,                 -- null: taken back
  constraint ticket_merges_state primary key (id, position)
);
create index ticket_merges_into on read.ticket_merges (merged_into, id) where merged_into is not null;
grant select, insert, update, delete on read.ticket_merges to ledgerdesk_app;

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model = 'ticket_page';
