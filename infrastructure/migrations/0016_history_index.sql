-- A ticket's history is read by ticket; an index on positions alone served nobody, and each event was put into both.
alter table read.ticket_history
  drop constraint ticket_history_position,
  add constraint ticket_history_ticket_position primary key (ticket, position);
drop index read.ticket_history_ticket;
