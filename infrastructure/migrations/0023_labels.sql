-- What tickets and people refer to in the catalogues: the row types in projections/src. The defaults are what a fold of
-- events makes of tickets and accounts that nothing was said about.
alter table read.ticket_list
  add column category     uuid,
  add column building     uuid,
  add column team         uuid,
  add column organization uuid,                     -- where the requester belonged when it was filed
  add column tags         text not null default ','; -- codes separated by commas, one at each end: ',VPN,WIFI,' or ','
create index ticket_list_organization on read.ticket_list (organization, department, created_at desc, id desc)
  where organization is not null;
create index ticket_list_team on read.ticket_list (team, created_at desc, id desc) where team is not null;

alter table read.ticket_past
  add column category     uuid,
  add column building     uuid,
  add column team         uuid,
  add column organization uuid,
  add column tags         text not null default ',';

alter table read.ticket_page
  add column category     uuid,
  add column building     uuid,
  add column team         uuid,
  add column organization uuid,
  add column tags         text not null default ',';

alter table read.user_directory
  add column building     uuid,
  add column organization uuid;
create index user_directory_organization on read.user_directory (organization, created_at desc, id desc)
  where organization is not null;

-- An entry says one thing more, which none of them said.
update read.catalogue set details = left(details, -1) || ',"shared_departments":[]}';

-- What an earlier rebuild replaced lacks all of this and cannot be put back.
drop schema if exists read_previous_ticket_list cascade;
drop schema if exists read_previous_ticket_past cascade;
drop schema if exists read_previous_ticket_page cascade;
drop schema if exists read_previous_user_directory cascade;
drop schema if exists read_previous_catalogue cascade;
delete from read.previous
 where model in ('ticket_list', 'ticket_past', 'ticket_page', 'user_directory', 'catalogue');
