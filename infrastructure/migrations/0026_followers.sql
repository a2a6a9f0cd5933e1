-- Who follows a ticket: ids separated by commas, one at each end, or ','. Nobody was said to follow any.
alter table read.ticket_list add column followers text not null default ',';
alter table read.ticket_past add column followers text not null default ',';
alter table read.ticket_page add column followers text not null default ',';

-- What an earlier rebuild replaced lacks it and cannot be put back.
drop schema if exists read_previous_ticket_list cascade;
drop schema if exists read_previous_ticket_past cascade;
drop schema if exists read_previous_ticket_page cascade;
delete from read.previous where model in ('ticket_list', 'ticket_past', 'ticket_page');
