-- Who is spoken to in a message: ids separated by commas, one at each end, or ','. Earlier messages speak to nobody.
-- And whether an administrator made what it said unreadable, which none was.
alter table read.ticket_messages
  add column mentions    text    not null default ',',
  add column is_redacted boolean not null default false;

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model = 'ticket_page';
