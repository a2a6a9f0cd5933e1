-- What is on the rise: each ticket with where it is from and what it is about, and how many there are of each day.

-- Those that are suspected of misuse stand here, too, and are not counted.
create table read.counted_tickets (
  id           uuid     not null,
  day          text     not null, -- of its creation, in UTC: 2026-01-31
  number       bigint   not null,
  title        text     not null, -- opened
  building     uuid,
  department   text,
  category     uuid,
  requester    uuid     not null,
  assignee     uuid,
  organization uuid,
  is_counted   boolean  not null,
  -- The words of the title, for counting earlier tickets about the same thing without reading them.
  words        tsvector not null generated always as (
    to_tsvector('english', case when title = '[erased]' then '' else title end)) stored,
  constraint counted_tickets_id primary key (id)
) with (fillfactor = 80);
create index counted_tickets_day on read.counted_tickets (day, number);
create index counted_tickets_words on read.counted_tickets using gin (words);
create index counted_tickets_requester on read.counted_tickets (requester, day);
create index counted_tickets_assignee on read.counted_tickets (assignee, day) where assignee is not null;

-- How many new tickets there were. Those that are not counted are the cell without a day.
create table read.ticket_days (
  day        text   not null,
  building   text   not null, -- empty for none, as all that follow
  department text   not null,
  category   text   not null,
  n          bigint not null,
  constraint ticket_days_cell primary key (day, building, department, category)
) with (fillfactor = 50);

insert into read.checkpoints (model) values ('trends');
grant select, insert, update, delete on read.counted_tickets, read.ticket_days to ledgerdesk_app;
