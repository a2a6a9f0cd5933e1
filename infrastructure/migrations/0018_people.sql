-- What an account says besides: the row type in projections/src/user_directory. The defaults are what a fold of
-- events makes of accounts that nothing was said about.
alter table read.user_directory
  add column is_deleted   boolean not null default false,
  add column is_available boolean not null default true,
  add column capacity     integer not null default 20,
  add column locale       text,
  add column timezone     text,
  add column signature    text;

-- What an earlier rebuild replaced lacks the columns and cannot be put back.
drop schema if exists read_previous_user_directory cascade;
delete from read.previous where model = 'user_directory';

-- Who has which ticket.
create table read.assigned_tickets (
  id        uuid    not null,
  agent     uuid    not null,
  is_active boolean not null, -- whether something has to be done about it
  since     bigint  not null, -- the position from which the agent has it
  constraint assigned_tickets_id primary key (id)
) with (fillfactor = 80);
create index assigned_tickets_agent on read.assigned_tickets (agent, id) where is_active;

-- How many active tickets each agent has.
create table read.agent_load (
  agent text   not null, -- empty for tickets that are not active
  n     bigint not null,
  constraint agent_load_cell primary key (agent)
) with (fillfactor = 50);

-- Which events of agents' workloads the counts follow from.
create table read.workloads (
  agent   uuid    not null,
  version integer not null,
  constraint workloads_agent primary key (agent)
) with (fillfactor = 50);

insert into read.checkpoints (model) values ('agent_load');
grant select, insert, update, delete on read.assigned_tickets, read.agent_load, read.workloads to ledgerdesk_app;
