-- Where a message went on, and where it came from: streams of tickets. None had moved before.
alter table read.ticket_messages
  add column moved_to   uuid,
  add column moved_from uuid;

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model = 'ticket_page';
