-- Who is spoken to in a message: ids separated by commas, one at each end, or ','. Earlier messages speak to nobody.
alter table read.ticket_messages
  add column mentions text not null default ',';

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_messages cascade;
delete from read.previous where model = 'ticket_messages';
